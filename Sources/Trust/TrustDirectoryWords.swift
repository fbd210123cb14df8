import Slots

// Half sentences whose subject is the trust folder.

extension TrustDirectoryError {
    public var words: String {
        switch self {
        case .noPolicy: "it has no policy.json"
        case .key(let name, let error): "\(name) is no Ed25519 public key: \(error.words)"
        case .policy(.notFlatJSON(let fault)): "its policy.json \(fault.words)"
        case .policy(.invalid(let field)): "its policy.json has no good \"\(field)\""
        case .policy(.unreachableThreshold(let keys, let threshold)):
            "\(threshold) keys must sign, but it holds \(keys)"
        }
    }
}
