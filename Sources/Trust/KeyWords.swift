extension KeyError {
    /// A half sentence whose subject is the key's file.
    public var words: String {
        switch self {
        case .notPEM: "expected a PEM text, found something else"
        case .wrongLabel(let found, let expected): "expected a \(expected), found a \(found)"
        case .severalBlocks: "expected one key, found several blocks"
        case .encrypted:
            "it is encrypted, and no passphrase is ever asked for; decrypt it with openssl pkey"
        case .notEd25519(let found): "expected an Ed25519 key, found \(found)"
        case .undecodable: "it cannot be decoded"
        case .unable(let reason): "libcrypto says \(reason)"
        }
    }
}
