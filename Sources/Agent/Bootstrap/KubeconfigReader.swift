import Slots
import Trust

/// Reads a kubeconfig document of somebody else's making (YAML or JSON).
///
/// *Shape*: `clusters`, `users` and `contexts` are lists of a `name` and one mapping each. Only
/// what a node can use is taken: a server, its CA, and a token or a client certificate, all of it
/// in the document. What would need a file, a program or a person is refused by name. What is
/// null or empty is as good as not there, as for kubectl.
struct KubeconfigReader {
    static let limits = YAMLLimits(size: 256 << 10, depth: 32, values: 10_000, text: 128 << 10)

    private let root: YAMLNode

    init(_ bytes: [UInt8]) throws(KubeconfigFault) {
        do { root = try YAMLNode(parsing: bytes, limits: Self.limits) } catch {
            throw .document(error)
        }
        guard case .map = root.value else { throw .notAMap }
    }

    /// The CA of the document's only cluster, in PEM; there need be no user and no context.
    func onlyAuthorities() throws(KubeconfigFault) -> [UInt8] {
        let clusters = try items("clusters")
        guard clusters.count == 1, let cluster = try map("cluster", in: clusters[0]) else {
            throw .missing(field: "cluster")
        }
        return try authorities(cluster)
    }

    /// What the context says; the current one when its name is empty.
    func entry(context name: String) throws(KubeconfigFault) -> KubeconfigEntry {
        let name = try name.isEmpty ? (text("current-context", in: root) ?? "") : name
        guard !name.isEmpty, let context = try named(name, "contexts", "context") else {
            throw .noContext(name)
        }
        let clusterName = try text("cluster", in: context) ?? ""
        guard let cluster = try named(clusterName, "clusters", "cluster") else {
            throw .noEntry("cluster", name: clusterName)
        }
        let userName = try text("user", in: context) ?? ""
        guard let user = try named(userName, "users", "user") else {
            throw .noEntry("user", name: userName)
        }
        guard let server = try text("server", in: cluster) else {
            throw .missing(field: "server")
        }
        return KubeconfigEntry(
            server: server,
            authorities: try authorities(cluster),
            credentials: try credentials(user)
        )
    }

    private func authorities(_ cluster: YAMLNode) throws(KubeconfigFault) -> [UInt8] {
        try refuse(["certificate-authority", "proxy-url", "tls-server-name"], in: cluster)
        let skip = cluster["insecure-skip-tls-verify"]?.value ?? .nothing
        guard skip == .nothing || skip == .text("false") else {
            throw .notAllowed(field: "insecure-skip-tls-verify")
        }
        guard let pem = try bytes("certificate-authority-data", in: cluster) else {
            throw .missing(field: "certificate-authority-data")
        }
        return pem
    }

    private func credentials(
        _ user: YAMLNode
    ) throws(KubeconfigFault) -> KubeconfigEntry.Credentials {
        try refuse(Self.foreign, in: user)
        if let token = try text("token", in: user) { return .token(token) }
        guard let chain = try bytes("client-certificate-data", in: user) else {
            throw .missing(field: "token and no client-certificate-data")
        }
        guard let key = try bytes("client-key-data", in: user) else {
            throw .missing(field: "client-key-data")
        }
        return .certificate(chain: chain, key: key)
    }

    /// Members of `user` that a node cannot or must not use.
    private static let foreign = [
        "client-certificate", "client-key", "tokenFile", "username", "password", "exec",
        "auth-provider", "as", "as-uid", "as-groups", "as-user-extra",
    ]

    private func refuse(_ fields: [String], in map: YAMLNode) throws(KubeconfigFault) {
        for field in fields where map[field]?.isEmpty == false {
            throw .notAllowed(field: field)
        }
    }

    /// The map called `part` of the item of `list` with that name; `nil` when there is none.
    private func named(
        _ name: String,
        _ list: String,
        _ part: String
    ) throws(KubeconfigFault) -> YAMLNode? {
        for item in try items(list) where item["name"]?.value == .text(name) {
            return try map(part, in: item)
        }
        return nil
    }

    private func items(_ field: String) throws(KubeconfigFault) -> [YAMLNode] {
        switch root[field]?.value {
        case nil, .nothing: return []
        case .list(let items): return items
        case .text, .map: throw .wrongKind(field: field)
        }
    }

    private func map(_ field: String, in map: YAMLNode) throws(KubeconfigFault) -> YAMLNode? {
        guard let node = map[field], !node.isEmpty else { return nil }
        guard case .map = node.value else { throw .wrongKind(field: field) }
        return node
    }

    private func text(_ field: String, in map: YAMLNode) throws(KubeconfigFault) -> String? {
        guard let node = map[field], !node.isEmpty else { return nil }
        guard case .text(let text) = node.value else { throw .wrongKind(field: field) }
        return text
    }

    /// The bytes of a base64 member, line breaks passed over; `nil` when it is missing or empty.
    private func bytes(_ field: String, in map: YAMLNode) throws(KubeconfigFault) -> [UInt8]? {
        guard let text = try text(field, in: map) else { return nil }
        guard let bytes = Base64.decode(text.filter { !$0.isWhitespace }) else {
            throw .notBase64(field: field)
        }
        return bytes
    }
}

extension YAMLNode {
    fileprivate var isEmpty: Bool { value == .nothing || value == .text("") }
}

/// One context of a kubeconfig, read but not checked.
struct KubeconfigEntry: Sendable, Hashable {
    enum Credentials: Sendable, Hashable {
        case token(String)
        case certificate(chain: [UInt8], key: [UInt8])
    }
    let server: String
    let authorities: [UInt8]
    let credentials: Credentials
}
