extension CertificateError {
    /// What was expected and found; no sentence.
    public var words: String {
        switch self {
        case .notPEM: "expected certificates in PEM"
        case .wrongLabel(let found, let expected): "expected a \(expected), found a \(found)"
        case .tooLarge(let size, let limit): "it has \(size) bytes, the limit is \(limit)"
        case .tooMany(let limit): "it has more than \(limit) certificates"
        case .undecodable: "it holds something that is no certificate"
        case .key(.encrypted): "the private key is encrypted"
        case .key(.wrongLabel(let found, _)): "expected a PRIVATE KEY, found a \(found)"
        case .key: "expected one private key in PEM"
        case .unsupportedKey(let found): "expected an EC or RSA key, found \(found)"
        case .otherKey: "its key is not its certificate's"
        }
    }
}
