// Half sentences whose subject is the document.

extension YAMLFault {
    public var words: String { (line.map { "line \($0): " } ?? "") + reason.words }
}

extension YAMLFault.Reason {
    public var words: String {
        switch self {
        case .tooLarge(let size, let limit): "it has \(size) bytes, the limit is \(limit)"
        case .notUTF8: "it is not UTF-8"
        case .tooDeep(let limit): "it is nested more than \(limit) levels deep"
        case .tooManyValues(let limit): "it holds more than \(limit) values"
        case .textTooLong(let limit): "a text has more than \(limit) bytes"
        case .alias: "anchors and aliases (& and *) are not taken"
        case .tag: "tags (!) are not taken"
        case .notAName: "expected a name before the colon"
        case .twice(let name): "\(name) is there twice"
        case .secondDocument: "a second document begins"
        case .zero: "a text holds a NUL"
        case .syntax(let problem): problem
        }
    }
}
