import Slots
import Trust
import Yams

/// Reads a kubeconfig document of somebody else's making (YAML or JSON).
///
/// *Shape*: `clusters`, `users` and `contexts` are lists of a `name` and one mapping each. Only
/// what a node can use is taken: a server, its CA, and a token or a client certificate, all of it
/// in the document. What would need a file, a program or a person is refused by name.
struct KubeconfigReader {
    static let sizeLimit = 256 * 1024

    private let root: Yams.Node.Mapping

    init(_ bytes: [UInt8]) throws(KubeconfigFault) {
        guard bytes.count <= Self.sizeLimit else {
            throw .tooLarge(size: bytes.count, limit: Self.sizeLimit)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed }
        let node: Yams.Node?
        // libyaml refuses more than 1000 levels, so the stack has an end.
        do { node = try Yams.compose(yaml: text) } catch { throw .malformed }
        guard let mapping = node?.mapping else { throw .malformed }
        root = mapping
    }

    /// The CA of the document's only cluster, in PEM; there need be no user and no context.
    func onlyAuthorities() throws(KubeconfigFault) -> [UInt8] {
        let clusters = root["clusters"]?.sequence ?? []
        guard clusters.count == 1, let cluster = clusters.first?.mapping?["cluster"]?.mapping else {
            throw .missing(field: "cluster")
        }
        return try authorities(cluster)
    }

    /// What the context says; the current one when its name is empty.
    func entry(context name: String) throws(KubeconfigFault) -> KubeconfigEntry {
        let name = name.isEmpty ? (root["current-context"]?.string ?? "") : name
        guard !name.isEmpty,
            let context = mapping("contexts", named: name)?["context"]?.mapping
        else { throw .noContext(name) }
        let clusterName = context["cluster"]?.string ?? ""
        guard let cluster = mapping("clusters", named: clusterName)?["cluster"]?.mapping else {
            throw .noEntry("cluster", name: clusterName)
        }
        let userName = context["user"]?.string ?? ""
        guard let user = mapping("users", named: userName)?["user"]?.mapping else {
            throw .noEntry("user", name: userName)
        }
        guard let server = cluster["server"]?.string else {
            throw .missing(field: "server")
        }
        return KubeconfigEntry(
            server: server,
            authorities: try authorities(cluster),
            credentials: try credentials(user)
        )
    }

    private func mapping(_ list: String, named name: String) -> Yams.Node.Mapping? {
        root[list]?.sequence?.first { $0.mapping?["name"]?.string == name }?.mapping
    }

    private func authorities(_ cluster: Yams.Node.Mapping) throws(KubeconfigFault) -> [UInt8] {
        try refuse(["certificate-authority", "proxy-url", "tls-server-name"], in: cluster)
        if let skip = cluster["insecure-skip-tls-verify"], skip.bool != false {
            throw .notAllowed(field: "insecure-skip-tls-verify")
        }
        guard let pem = try bytes("certificate-authority-data", in: cluster) else {
            throw .missing(field: "certificate-authority-data")
        }
        return pem
    }

    private func credentials(
        _ user: Yams.Node.Mapping
    ) throws(KubeconfigFault) -> KubeconfigEntry.Credentials {
        try refuse(Self.foreign, in: user)
        if let token = user["token"]?.string, !token.isEmpty { return .token(token) }
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

    private func refuse(
        _ fields: [String],
        in mapping: Yams.Node.Mapping
    ) throws(KubeconfigFault) {
        for field in fields {
            guard let value = mapping[field], value.string != "" else { continue }
            throw .notAllowed(field: field)
        }
    }

    /// The bytes of a base64 member, line breaks passed over; `nil` when it is missing or empty.
    private func bytes(
        _ field: String,
        in mapping: Yams.Node.Mapping
    ) throws(KubeconfigFault) -> [UInt8]? {
        guard let text = mapping[field]?.string, !text.isEmpty else { return nil }
        guard let bytes = Base64.decode(text.filter { !$0.isWhitespace }) else {
            throw .notBase64(field: field)
        }
        return bytes
    }
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
