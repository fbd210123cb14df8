/// By what a client believes that it speaks to the node it means.
public enum ServerTrust: Sendable {
    /// The node's key, and no other: SHA-256 of the SubjectPublicKeyInfo (DER) in the certificate
    /// it shows. Who signed that, for how long and for what name does not matter, so a new one over
    /// the same key is believed as well.
    case pinned(sha256: [UInt8])

    /// Any certificate that one of these (PEM) has signed for a server.
    ///
    /// A name in the endpoint must be one of the certificate's. An address must be one of its
    /// addresses, when it has any: nodes are reached by address, and a certificate that names none
    /// is taken at any. So give this the authority that signs nodes, not one that signs the world.
    case authorities([UInt8])

    /// The key as in `pinned`, or a certificate that `judge` finds nothing wrong with: a node that
    /// joins a cluster has the one, and later the other.
    ///
    /// `judge` gets what the node shows, its own certificate first (PEM), and answers what is wrong
    /// with who signed it; names and addresses are held against the endpoint as in `authorities`.
    case either(sha256: [UInt8], judge: @Sendable (_ chain: [UInt8]) -> String?)
}

/// A client's own certificate chain and key, PEM.
public struct ClientCredentials: Sendable {
    public var certificate: [UInt8]
    public var key: [UInt8]

    public init(certificate: [UInt8], key: [UInt8]) {
        self.certificate = certificate
        self.key = key
    }
}

/// What a server shows in its handshake.
struct ShownCertificate: Sendable {
    /// The leaf, DER.
    var leaf: [UInt8]
    /// The leaf and what came with it, PEM.
    var chain: [UInt8]
    var commonName: String
    var names: [String]
    var addresses: [String]
}

/// Judges a server's certificate; words when it is refused. TLS has proven by then that the server
/// has the certificate's key.
typealias ServerCheck = @Sendable (ShownCertificate) -> String?

extension ServerTrust {
    /// What begins the words of a refusal of ours, so that they are found in the core's.
    static let mark = "keel: "

    /// What is left to check after TLS has checked the chain, or has not because a pin is given.
    func check(for endpoint: Endpoint) -> ServerCheck {
        switch self {
        case .pinned(let expected): return { Self.trouble(withKeyOf: $0, expected) }
        case .authorities: return { Self.trouble(withNamesOf: $0, endpoint) }
        case .either(let expected, let judge):
            return { shown in
                guard let key = Self.trouble(withKeyOf: shown, expected) else { return nil }
                if let signer = judge(shown.chain) { return "\(key), and: \(signer)" }
                return Self.trouble(withNamesOf: shown, endpoint)
            }
        }
    }

    private static func trouble(
        withKeyOf shown: ShownCertificate,
        _ expected: [UInt8]
    ) -> String? {
        guard let found = Fingerprint.ofKey(inCertificate: shown.leaf) else {
            return "the key in its certificate cannot be read"
        }
        guard found != expected else { return nil }
        return "its key has the fingerprint \(Fingerprint.hexadecimal(found)), expected "
            + "is \(Fingerprint.hexadecimal(expected))"
    }

    private static func trouble(
        withNamesOf shown: ShownCertificate,
        _ endpoint: Endpoint
    ) -> String? {
        if endpoint.isAddress {
            let isThere = shown.addresses.contains {
                NetworkText.isSameAddress($0, endpoint.host)
            }
            guard !shown.addresses.isEmpty, !isThere else { return nil }
            let list = shown.addresses.prefix(8).joined(separator: ", ")
            return "the node's certificate is for \(list)"
        }
        let names = shown.names.isEmpty ? [shown.commonName] : shown.names
        guard !names.contains(where: { matches(endpoint.host, $0) }) else { return nil }
        return "the node's certificate is for \(names.prefix(8).joined(separator: ", "))"
    }

    /// Whether a certificate's name covers a host: equal, or `*.` for exactly one label.
    static func matches(_ host: String, _ name: String) -> Bool {
        let host = host.lowercased()
        let name = name.lowercased()
        guard name.hasPrefix("*.") else { return host == name }
        guard let dot = host.firstIndex(of: "."), dot > host.startIndex else { return false }
        return host[dot...] == name.dropFirst()
    }
}
