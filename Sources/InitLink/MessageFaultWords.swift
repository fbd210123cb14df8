extension MessageFault {
    /// A half sentence that names the field.
    public var words: String {
        switch self {
        case .length(let size): "a message cannot have \(size) bytes"
        case .encoding: "it is no message"
        case .missing(let field): "\(field) is missing"
        case .text(let field): "\(field) has characters that may not stand there"
        case .tooLong(let field, let limit): "\(field) has more than \(limit) bytes"
        case .tooMany(let field, let limit): "\(field) has more than \(limit) entries"
        case .number(let field, let number): "\(field) cannot be \(number)"
        }
    }
}
