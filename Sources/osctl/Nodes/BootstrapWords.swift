import API
import Syscalls

/// What was typed about a bootstrap, as the request; and the answers in words.
struct BootstrapWords {
    private let command: Bootstrap

    init(_ command: Bootstrap) { self.command = command }

    func request() throws(CommandError) -> Keel_V1_BootstrapRequest {
        var request = Keel_V1_BootstrapRequest()
        request.nodeName = command.nodeName ?? ""
        request.labels = try Self.labels(command.labels)
        request.taints = Self.parts(command.taints)
        if let secret = command.joinSecret {
            request.joinSecret = secret
        } else if let path = command.joinSecretFile {
            request.joinSecret = try Self.word(path)
        }
        request.way = try way()
        return request
    }

    private func way() throws(CommandError) -> Keel_V1_BootstrapRequest.OneOf_Way {
        let way = command.way
        if let path = way.fromKubeconfig {
            var kubeconfig = Keel_V1_Kubeconfig()
            kubeconfig.document = .init(try Self.bytes(path, limit: 256 << 10))
            kubeconfig.context = way.kubeconfigContext ?? ""
            return .kubeconfig(kubeconfig)
        }
        if let path = way.clientCa {
            var authority = Keel_V1_ClientCA()
            authority.ca = try Self.pem(path, "--client-ca")
            return .clientCa(authority)
        }
        let server = try Self.server(way.apiServer ?? "")
        let token: String
        if let path = way.tokenFile { token = try Self.word(path) } else { token = way.token ?? "" }
        if let path = way.caCert {
            var cluster = Keel_V1_TokenWithCA()
            cluster.apiServer = server
            cluster.token = token
            cluster.ca = try Self.pem(path, "--ca-cert")
            return .tokenWithCa(cluster)
        }
        var cluster = Keel_V1_TokenWithHash()
        cluster.apiServer = server
        cluster.token = token
        cluster.caHashes = way.caCertHash
        return .tokenWithHash(cluster)
    }

    /// `a=1,b=2`, as often as wanted.
    static func labels(_ texts: [String]) throws(CommandError) -> [String: String] {
        var labels: [String: String] = [:]
        for part in parts(texts) {
            guard let equals = part.firstIndex(of: "="), equals != part.startIndex else {
                throw .setup(.value(option: "--labels", found: part, expected: "KEY=VALUE"))
            }
            labels[String(part[..<equals])] = String(part[part.index(after: equals)...])
        }
        return labels
    }

    static func sentence(_ response: Keel_V1_BootstrapResponse) -> String {
        let prints = response.clientCaFingerprints.map { $0.prefix(12) }.joined(separator: ", ")
        let cluster =
            response.apiServer.isEmpty
            ? "It belongs to no cluster." : "It belongs to the cluster at \(response.apiServer)."
        let what =
            response.unchanged
            ? "Exactly this was in force before."
            : "The node lets in clients of its new CA only"
                + (prints.isEmpty ? "." : " (\(prints)).")
        return what + " " + cluster
    }

    static let head = ["BOOTSTRAPPED", "API SERVER", "NODE NAME", "JOIN SECRET", "WAITS FOR"]

    static func row(_ status: Keel_V1_GetBootstrapStatusResponse) -> [String] {
        [
            status.bootstrapped ? "yes" : "no", orDash(status.apiServer), orDash(status.nodeName),
            status.needsJoinSecret ? "needed" : "-", orDash(status.waitingFor),
        ]
    }

    private static func server(_ text: String) throws(CommandError) -> String {
        let lower = text.lowercased()
        if lower.hasPrefix("http://") { throw .setup(.plainHTTPServer(text)) }
        guard lower.hasPrefix("https://") else {
            throw .setup(
                .value(option: "--api-server", found: text, expected: "https://HOST:PORT")
            )
        }
        return text
    }

    private static func parts(_ texts: [String]) -> [String] {
        texts.flatMap { $0.split(separator: ",") }.map { String(String($0).trimming) }
    }

    private static func pem(_ path: String, _ option: String) throws(CommandError) -> String {
        String(decoding: try PEMFile.read(path: path, what: "\(option) \(path)"), as: UTF8.self)
    }

    private static func word(_ path: String) throws(CommandError) -> String {
        String(String(decoding: try bytes(path, limit: 64 << 10), as: UTF8.self).trimming)
    }

    private static func bytes(_ path: String, limit: Int) throws(CommandError) -> [UInt8] {
        do { return try File.read(path, limit: limit) } catch { throw .file("read", path, error) }
    }
}
