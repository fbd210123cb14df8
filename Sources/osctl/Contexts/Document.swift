import Yams

/// A YAML or JSON document: text, lists and maps, each with its line.
///
/// Every scalar stays the text it was written as: what reads the document knows what it wants.
struct Document: Sendable, Hashable {
    enum Value: Sendable, Hashable {
        case none
        case text(String)
        case list([Document])
        case map([Member])
    }

    struct Member: Sendable, Hashable {
        let key: String
        let line: Int
        let value: Document
    }

    static let sizeLimit = 1 << 20
    static let nodeLimit = 20_000
    static let depthLimit = 32

    let line: Int
    let value: Value

    /// Reads one document; `none` when there is nothing in it.
    init(parsing bytes: [UInt8]) throws(DocumentFault) {
        guard bytes.count <= Self.sizeLimit else { throw DocumentFault(nil, "it is too large") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DocumentFault(nil, "it is not UTF-8")
        }
        let node: Node?
        do { node = try compose(yaml: text, .basic, .default, .utf8) } catch {
            throw DocumentFault(yaml: error)
        }
        guard let node else {
            (line, value) = (1, .none)
            return
        }
        var room = Self.nodeLimit
        self = try Self(node, depth: 0, room: &room)
    }

    private init(_ line: Int, _ value: Value) {
        self.line = line
        self.value = value
    }

    /// Aliases make a small file large, so what they stand for is counted.
    private init(_ node: Node, depth: Int, room: inout Int) throws(DocumentFault) {
        let line = node.mark?.line ?? 1
        room -= 1
        guard room >= 0, depth < Self.depthLimit else {
            throw DocumentFault(line, "there is too much in it")
        }
        switch node {
        case .scalar(let scalar):
            let isNone = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
            self.init(line, isNone ? .none : .text(scalar.string))
        case .sequence(let sequence):
            var items: [Document] = []
            for item in sequence {
                items.append(try Document(item, depth: depth + 1, room: &room))
            }
            self.init(line, .list(items))
        case .mapping(let mapping):
            var members: [Member] = []
            for (key, value) in mapping {
                let keyLine = key.mark?.line ?? line
                guard case .scalar(let name) = key else {
                    throw DocumentFault(keyLine, "expected a name before the colon")
                }
                let member = try Document(value, depth: depth + 1, room: &room)
                members.append(Member(key: name.string, line: keyLine, value: member))
            }
            self.init(line, .map(members))
        case .alias: throw DocumentFault(line, "an alias stands for nothing")
        }
    }
}

/// What is wrong with a document, and on which line.
struct DocumentFault: Error, Sendable, Hashable {
    let line: Int?
    let problem: String

    init(_ line: Int?, _ problem: String) {
        self.line = line
        self.problem = problem
    }

    var words: String { (line.map { "line \($0): " } ?? "") + problem }

    fileprivate init(yaml error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(mark.line, problem)
        case .duplicatedKeysInMapping(let names, let context):
            let all = names.sorted().joined(separator: ", ")
            self.init(context.mark.line, "\(all) is there twice")
        case .reader(let problem, _, _, _): self.init(nil, problem)
        default: self.init(nil, "it is neither YAML nor JSON")
        }
    }
}
