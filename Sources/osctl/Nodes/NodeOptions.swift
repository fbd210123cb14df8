import Slots

/// What was said about nodes and about who asks them, checked, but nothing read yet.
struct NodeOptions: Sendable, Hashable {
    var context: String?
    var endpoint: String?
    var nodes: String?
    var fingerprint: String?
    var ca: String?
    var cert: String?
    var key: String?
    var kubeconfig: String?

    /// The nodes to ask, in the order given.
    ///
    /// - Parameter changes: then the nodes must be named, unless the context has only one.
    func endpoints(_ context: Context?, changes: Bool) throws(SetupError) -> [Endpoint] {
        if endpoint != nil, nodes != nil { throw .endpointAndNodes }
        if let nodes { return try Endpoint.list(nodes) }
        if let endpoint { return [try Endpoint(endpoint)] }
        guard let context else { throw .noNode }
        if changes, context.endpoints.count > 1 {
            throw .nodesNotNamed(context.endpoints.map(\.description))
        }
        return context.endpoints
    }

    /// The fingerprint that was typed; it is for one node.
    func pin(_ count: Int) throws(SetupError) -> Digest? {
        guard let fingerprint else { return nil }
        guard let digest = Digest(fingerprint: fingerprint) else {
            throw .fingerprint(fingerprint)
        }
        guard count == 1 else { throw .oneNodeOnly(option: "--fingerprint", count: count) }
        return digest
    }
}

/// How a node is known.
enum Acquaintance: Sendable, Hashable {
    /// By the digest of its certificate.
    case pinned(Digest)
    /// By who signed its certificate, in PEM.
    case signed([UInt8])
    /// By either: what a node shows before, and what it shows after it has joined its cluster.
    case either(Digest, [UInt8])
    /// Not at all yet.
    case stranger

    /// What was typed goes before the context, and that before what is remembered.
    ///
    /// `cluster`: who signs the nodes of its cluster, from a kubeconfig or remembered. It adds to
    /// a fingerprint that was not typed.
    static func of(
        _ endpoint: Endpoint,
        pin: Digest?,
        authorities: [UInt8]?,
        context: Context?,
        contextAuthorities: [UInt8]?,
        remembered: Digest?,
        cluster: [UInt8]?
    ) -> Acquaintance {
        if let pin { return .pinned(pin) }
        if let authorities { return .signed(authorities) }
        var fingerprint = remembered
        if let context, context.endpoints.contains(endpoint) {
            if context.fingerprint == nil, let contextAuthorities {
                return .signed(contextAuthorities)
            }
            fingerprint = context.fingerprint ?? remembered
        }
        guard let fingerprint else { return .stranger }
        guard let cluster else { return .pinned(fingerprint) }
        return .either(fingerprint, cluster)
    }
}
