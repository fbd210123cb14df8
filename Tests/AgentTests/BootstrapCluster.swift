import Foundation
import Slots
import Trust

/// A cluster's API server on loopback, as far as a bootstrap asks: `/version`, `/readyz` and the
/// `cluster-info`, over TLS with certificates of our own making.
///
/// A Python program plays it, so that the signatures and the TLS are not our own.
final class BootstrapCluster {
    let authority: Certificate
    let authorityKey = CertificateKey()
    let address: String
    private let folder: URL
    private let process = Process()
    private let input = Pipe()

    static let token = "abcdef.0123456789abcdef"

    /// `authority` in `cluster-info`: another one than that of the server's certificate when
    /// somebody pretends to be the cluster.
    init(
        serverFrom: Int = -3600,
        serverDays: Int = 2,
        names: [String] = ["127.0.0.1"],
        shown: Certificate? = nil,
        tokens: [String] = [BootstrapCluster.token],
        signing: [String]? = nil
    ) throws {
        authority = Self.authority(authorityKey)
        folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("cluster-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let key = CertificateKey()
        let server = authorityKey.issue(
            for: key,
            by: authority,
            commonName: "kube-apiserver",
            organisations: [],
            names: names,
            isServer: true,
            from: Timestamp(seconds: Self.now.seconds + serverFrom),
            days: serverDays
        )
        let files: [String: [UInt8]] = [
            "server.pem": server.pem, "server.key": key.pem, "ca.pem": authority.pem,
            "shown.pem": (shown ?? authority).pem, "log": [], "override.json": Array("{}".utf8),
            "tokens": Array(tokens.joined(separator: "\n").utf8),
            "signing": Array((signing ?? tokens).joined(separator: "\n").utf8),
            "server.py": Array(Self.program.utf8),
        ]
        for (name, bytes) in files {
            try Data(bytes).write(to: folder.appendingPathComponent(name))
        }
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "server.py"]
        process.currentDirectoryURL = folder
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        address = "https://127.0.0.1:" + line.filter(\.isNumber)
    }

    deinit { stop() }

    /// The program ends with its standard input.
    func stop() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Answers `path` otherwise from now on.
    func answer(_ path: String, _ override: String) throws {
        let text = "{\"\(path)\": \(override)}"
        try Data(text.utf8).write(
            to: folder.appendingPathComponent("override.json"),
            options: .atomic
        )
    }

    /// Lets answers go that were `"held": 1`.
    func release() throws { try Data().write(to: folder.appendingPathComponent("released")) }

    /// Path and `Authorization` of each request so far.
    var requests: [String] {
        let bytes = FileManager.default.contents(atPath: folder.path + "/log") ?? Data()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    var authorityText: String { String(decoding: authority.pem, as: UTF8.self) }
    var hash: String { "sha256:\(authority.publicKeyHash)" }

    static var now: Timestamp { Timestamp(seconds: Int(Date().timeIntervalSince1970)) }

    static func authority(
        _ key: CertificateKey,
        from: Int = -86400,
        days: Int = 30
    ) -> Certificate {
        key.selfSigned(
            commonName: "kubernetes",
            organisations: [],
            names: [],
            isAuthority: true,
            from: Timestamp(seconds: now.seconds + from),
            days: days
        )
    }

    static let infoPath = "/api/v1/namespaces/kube-public/configmaps/cluster-info"

    private static let program = """
        import base64, hashlib, hmac, http.server, json, os, ssl, sys, threading, time

        def read(name):
            with open(name) as file:
                return file.read()

        def base64url(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

        def cluster_info():
            ca = base64.b64encode(read("shown.pem").encode()).decode()
            kubeconfig = (
                "apiVersion: v1\\nclusters:\\n- cluster:\\n    certificate-authority-data: " + ca
                + "\\n    server: https://192.0.2.1:6443\\n  name: \\"\\"\\ncontexts: null\\n"
                + "current-context: \\"\\"\\nkind: Config\\npreferences: {}\\nusers: null\\n"
            )
            data = {"kubeconfig": kubeconfig}
            for token in read("signing").split():
                name, secret = token.split(".")
                header = json.dumps({"alg": "HS256", "kid": name}, separators=(",", ":"))
                text = base64url(header.encode()) + "." + base64url(kubeconfig.encode())
                code = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
                data["jws-kubeconfig-" + name] = (
                    base64url(header.encode()) + ".." + base64url(code)
                )
            metadata = {"name": "cluster-info", "managedFields": [{"fieldsV1": {"f:data": {}}}]}
            return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata, "data": data}

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def send(self, status, value):
                body = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                authorization = self.headers.get("Authorization", "-")
                with open("log", "a") as log:
                    print(self.path, authorization, file=log)
                override = json.loads(read("override.json")).get(self.path, {})
                time.sleep(override.get("delay", 0))
                while "held" in override and not os.path.exists("released"):
                    time.sleep(0.02)
                if "status" in override:
                    return self.send(override["status"], override.get("body", "").encode())
                known = ["-"] + ["Bearer " + token for token in read("tokens").split()]
                if authorization not in known:
                    return self.send(401, {"kind": "Status", "code": 401})
                if self.path == "/version":
                    return self.send(200, {"major": "1", "gitVersion": "v1.31.0"})
                if self.path == "/readyz":
                    return self.send(200, b"ok")
                if self.path == "\(infoPath)":
                    return self.send(200, cluster_info())
                self.send(404, {"kind": "Status", "code": 404})

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        def end():
            sys.stdin.read()
            os._exit(0)

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("server.pem", "server.key")
        context.verify_mode = ssl.CERT_OPTIONAL
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
