import Foundation
import Slots
import Testing
import Trust

@testable import Agent

/// An API server on loopback that answers as it is told to, over TLS with certificates of our own
/// making, and a node that is joined to it.
///
/// A Python program plays it, so that HTTP and TLS are not our own.
final class ClusterServer {
    /// One request as it arrived.
    struct Request: Hashable {
        let line: String
        let type: String
        let user: String
        let body: String
    }

    let authority: Certificate
    let authorityKey = CertificateKey()
    let address: String
    let state = BootstrapMemory()
    /// The kubelet's.
    let home: BootstrapFolder
    private let folder: BootstrapFolder
    private let process = Process()
    private let input = Pipe()

    /// `answers`: to a request line, one after the other, and the last one again and again.
    init(_ answers: [String: [(status: Int, body: String)]] = [:]) throws {
        authority = BootstrapCluster.authority(authorityKey)
        folder = try BootstrapFolder()
        home = try BootstrapFolder()
        let key = CertificateKey()
        let certificate = authorityKey.issue(
            for: key,
            by: authority,
            commonName: "kube-apiserver",
            organisations: [],
            names: ["127.0.0.1"],
            isServer: true,
            from: Timestamp(seconds: BootstrapCluster.now.seconds - 3600),
            days: 2
        )
        let told = answers.mapValues { list in
            JSONValue.list(list.map { .list([.number($0.status), .text($0.body)]) })
        }
        let files: [String: [UInt8]] = [
            "server.pem": certificate.pem, "server.key": key.pem, "ca.pem": authority.pem,
            "log": [], "answers.json": JSONValue.object(told).bytes,
            "server.py": Array(Self.program.utf8),
        ]
        for (name, bytes) in files {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
        }
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "server.py"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        address = "https://127.0.0.1:" + line.filter(\.isNumber)
        try join()
        try keep(certificate: "system:node:node-7")
    }

    deinit { stop() }

    /// The program ends with its standard input.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// The node becomes this cluster's, with a token or with `credentials`.
    func join(
        address: String? = nil,
        ca: Certificate? = nil,
        credentials: Credentials? = nil,
        name: String = "",
        request: String = "request"
    ) throws {
        let token = try #require(JoinToken(BootstrapCluster.token))
        let words = Array(request.utf8)
        let membership = Membership(
            clientCA: authority.pem,
            cluster: Membership.Cluster(
                server: try ServerAddress(address ?? self.address),
                authorities: (ca ?? authority).pem,
                credentials: credentials ?? .token(token)
            ),
            node: NodeSettings(unchecked: name, labels: [], taints: []),
            request: OpenSSLHashing().sha256(words.span)
        )
        try MembershipStore(state: state).write(membership)
        try put(KubeletLaunch.membershipMark, Array(membership.request.hex.utf8))
    }

    /// The kubelet is granted a certificate, and keeps it as kubelets do: certificate, then key.
    func keep(certificate user: String) throws {
        let (certificate, key) = issue(user)
        try put(CredentialsReader.certificateFile, certificate.pem + key.pem)
    }

    func issue(_ user: String) -> (Certificate, CertificateKey) {
        let key = CertificateKey()
        let certificate = authorityKey.issue(
            for: key,
            by: authority,
            commonName: user,
            organisations: ["system:nodes"],
            names: [],
            isServer: false,
            from: Timestamp(seconds: BootstrapCluster.now.seconds - 60),
            days: 1
        )
        return (certificate, key)
    }

    /// A file in the kubelet's folder; `nil` removes it.
    func put(_ name: String, _ bytes: [UInt8]?) throws {
        let url = URL(fileURLWithPath: "\(home.path)/\(name)")
        guard let bytes else { return try FileManager.default.removeItem(at: url) }
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try Data(bytes).write(to: url, options: .atomic)
    }

    var reader: CredentialsReader {
        CredentialsReader(state: state, home: home.path, hostName: { "Host-7" })
    }

    func client(patience: Duration = .seconds(20)) -> ClusterClient {
        ClusterClient(credentials: reader, patience: patience)
    }

    /// What arrived so far.
    var requests: [Request] {
        let bytes = FileManager.default.contents(atPath: folder.path + "/log") ?? Data()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            guard let object = JSONObject(parsing: Array(line.utf8)) else { return nil }
            return Request(
                line: object.text("line") ?? "",
                type: object.text("type") ?? "",
                user: object.text("user") ?? "",
                body: object.text("body") ?? ""
            )
        }
    }

    private static let program = """
        import collections, http.server, json, os, ssl, sys, threading, time

        with open("answers.json") as file:
            ANSWERS = {line: collections.deque(told) for line, told in json.load(file).items()}
        MISSING = {"kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound",
                   "message": "the server could not find the requested resource", "details": {}}
        TURN = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                subject = (self.connection.getpeercert() or {}).get("subject", ())
                users = [value for part in subject for name, value in part if name == "commonName"]
                line = self.command + " " + self.path
                entry = {"line": line, "type": self.headers.get("Content-Type", ""),
                         "user": "".join(users), "body": body.decode()}
                with TURN:
                    with open("log", "a") as log:
                        print(json.dumps(entry), file=log)
                    told = ANSWERS.get(line, [[404, json.dumps(MISSING)]])
                    status, text = told[0] if len(told) == 1 else told.popleft()
                if status == 0:
                    time.sleep(30)
                if status == 1:
                    self.close_connection = True
                    return
                self.close_connection = True
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_POST = do_PATCH = do_GET

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        def end():
            sys.stdin.read()
            os._exit(0)

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("server.pem", "server.key")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations("ca.pem")
        server = Server(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=end, daemon=True).start()
        threading.Timer(300, os._exit, [1]).start()
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """
}
