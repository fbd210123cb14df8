import Slots
import Trust

/// The client certificate of a kubeconfig's current user, and who signs for its cluster.
///
/// Source: Kubernetes' `Config` v1 (client authentication by certificate only).
struct Kubeconfig: Sendable, Hashable {
    /// PEM, or the path of a file with it.
    enum Source: Sendable, Hashable {
        case bytes([UInt8])
        case path(String)
    }

    let certificate: Source
    let key: Source
    /// `nil` when the cluster names none.
    let authorities: Source?

    /// Reads the document that lies at `path`; relative paths in it start there.
    init(parsing bytes: [UInt8], path: String) throws(SetupError) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        let (name, user): (String, [String: YAMLNode])
        let found: (certificate: Source?, key: Source?)
        do throws(DocumentFault) {
            let cluster: [String: YAMLNode]
            (name, user, cluster) = try Self.current(try YAMLNode(document: bytes))
            authorities = try Self.source("certificate-authority", cluster, folder)
            found = (
                try Self.source("client-certificate", user, folder),
                try Self.source("client-key", user, folder)
            )
        } catch {
            throw .document(path: path, error)
        }
        guard let certificate = found.certificate, let key = found.key else {
            throw .noClientCertificate(path: path, user: name, has: Self.way(user))
        }
        self.certificate = certificate
        self.key = key
    }

    /// The user's name, the user, and the cluster; a cluster that is not there is empty.
    private static func current(
        _ document: YAMLNode
    ) throws(DocumentFault) -> (String, [String: YAMLNode], [String: YAMLNode]) {
        let root = try document.members()
        guard let current = root["current-context"], case .text(let name) = current.value,
            !name.isEmpty
        else { throw DocumentFault(nil, "it has no current-context") }
        guard let context = try named(name, in: root["contexts"], part: "context") else {
            throw DocumentFault(current.line, "there is no context \"\(name)\"")
        }
        guard let userName = try context["user"]?.text() else {
            throw DocumentFault(current.line, "context \"\(name)\" names no user")
        }
        guard let user = try named(userName, in: root["users"], part: "user") else {
            throw DocumentFault(current.line, "there is no user \"\(userName)\"")
        }
        guard let clusterName = try context["cluster"]?.text() else { return (userName, user, [:]) }
        let cluster = try named(clusterName, in: root["clusters"], part: "cluster")
        return (userName, user, cluster ?? [:])
    }

    private static func named(
        _ name: String,
        in list: YAMLNode?,
        part: String
    ) throws(DocumentFault) -> [String: YAMLNode]? {
        for item in try list?.list() ?? [] {
            let members = try item.members()
            if members["name"]?.value == .text(name) { return try members[part]?.members() ?? [:] }
        }
        return nil
    }

    /// Data goes before a path, as in kubectl.
    private static func source(
        _ field: String,
        _ user: [String: YAMLNode],
        _ folder: String
    ) throws(DocumentFault) -> Source? {
        if let found = user[field + "-data"], found.value != .nothing {
            guard let bytes = Base64.decode(try found.text().filter { !$0.isWhitespace }) else {
                throw DocumentFault(found.line, "\(field)-data is not base64")
            }
            return .bytes(bytes)
        }
        guard let found = user[field], found.value != .nothing else { return nil }
        let path = try found.text()
        return .path(path.hasPrefix("/") ? path : folder + path)
    }

    private static func way(_ user: [String: YAMLNode]) -> String {
        func has(_ field: String) -> Bool { user[field].map { $0.value != .nothing } ?? false }
        if has("exec") { return "a login program" }
        if has("token") || has("tokenFile") { return "a token" }
        return "no client certificate"
    }
}
