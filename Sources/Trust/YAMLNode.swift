/// A value of a YAML or JSON document: text, list or map, with its line.
///
/// Every scalar stays the text it was written as, and who reads it knows what it wants; a plain
/// `null`, `~` or nothing at all is `nothing`. Aliases, tags and a second document are refused.
/// Sources: YAML 1.1 as libyaml reads it; JSON (RFC 8259) but for escaped surrogates.
public struct YAMLNode: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
        case nothing
        case text(String)
        case list([YAMLNode])
        /// In the order of the document; no name is there twice.
        case map([Member])
    }

    public struct Member: Sendable, Hashable {
        public let name: String
        public let line: Int
        public let node: YAMLNode

        /// A member that comes from no document.
        public init(_ name: String, _ node: YAMLNode) {
            self.init(name, 0, node)
        }

        fileprivate init(_ name: String, _ line: Int, _ node: YAMLNode) {
            self.name = name
            self.line = line
            self.node = node
        }
    }

    /// From 1; 0 for a value that comes from no document.
    public let line: Int
    public let value: Value

    /// A value that comes from no document.
    public init(_ value: Value) {
        self.init(0, value)
    }

    private init(_ line: Int, _ value: Value) {
        self.line = line
        self.value = value
    }

    /// Reads the one document of `text`, within `limits`; `nothing` when there is nothing in it.
    public init(parsing text: [UInt8], limits: YAMLLimits) throws(YAMLFault) {
        guard text.count <= limits.size else {
            throw YAMLFault(nil, .tooLarge(size: text.count, limit: limits.size))
        }
        guard String(validating: text, as: UTF8.self) != nil else { throw YAMLFault(nil, .notUTF8) }
        var reader = Reader(events: YAMLEvents(text.span), limits: limits)
        self = try reader.document()
    }

    /// The node of the member called `name`; `nil` when there is none, and for no map.
    public subscript(name: String) -> YAMLNode? {
        guard case .map(let members) = value else { return nil }
        return members.first { $0.name == name }?.node
    }

    /// One document in block style, readable to people; read back it is the same.
    public func encoded() -> [UInt8] { YAMLText().document(self) }

    /// Makes nodes of events, and counts them.
    private struct Reader: ~Copyable {
        var events: YAMLEvents
        let limits: YAMLLimits
        var count = 0

        init(events: consuming YAMLEvents, limits: YAMLLimits) {
            self.events = events
            self.limits = limits
        }

        mutating func document() throws(YAMLFault) -> YAMLNode {
            let first = try events.next()
            if case .end = first.kind { return YAMLNode(1, .nothing) }
            let node = try node(first, depth: 0)
            let last = try events.next()
            guard case .end = last.kind else { throw YAMLFault(last.line, .secondDocument) }
            return node
        }

        private mutating func node(_ event: YAMLEvent, depth: Int) throws(YAMLFault) -> YAMLNode {
            count += 1
            guard count <= limits.values else {
                throw YAMLFault(event.line, .tooManyValues(limit: limits.values))
            }
            switch event.kind {
            case .scalar(let text, let isPlain):
                let isNothing = isPlain && YAMLNode.nothingWords.contains(text)
                return YAMLNode(event.line, isNothing ? .nothing : .text(try checked(text, event)))
            case .list: return try list(event, depth: depth)
            case .map: return try map(event, depth: depth)
            case .close, .end: preconditionFailure("libyaml closes what it opened")
            }
        }

        private mutating func list(_ event: YAMLEvent, depth: Int) throws(YAMLFault) -> YAMLNode {
            try goDown(depth, event)
            var items: [YAMLNode] = []
            while true {
                let next = try events.next()
                if case .close = next.kind { return YAMLNode(event.line, .list(items)) }
                items.append(try node(next, depth: depth + 1))
            }
        }

        private mutating func map(_ event: YAMLEvent, depth: Int) throws(YAMLFault) -> YAMLNode {
            try goDown(depth, event)
            var members: [Member] = []
            var names: Set<String> = []
            while true {
                let next = try events.next()
                if case .close = next.kind { return YAMLNode(event.line, .map(members)) }
                guard case .scalar(let text, _) = next.kind else {
                    throw YAMLFault(next.line, .notAName)
                }
                let name = try checked(text, next)
                guard names.insert(name).inserted else {
                    throw YAMLFault(next.line, .twice(name: name))
                }
                let value = try node(try events.next(), depth: depth + 1)
                members.append(Member(name, next.line, value))
            }
        }

        private func goDown(_ depth: Int, _ event: YAMLEvent) throws(YAMLFault) {
            guard depth < limits.depth else {
                throw YAMLFault(event.line, .tooDeep(limit: limits.depth))
            }
        }

        private func checked(_ text: String, _ event: YAMLEvent) throws(YAMLFault) -> String {
            guard text.utf8.count <= limits.text else {
                throw YAMLFault(event.line, .textTooLong(limit: limits.text))
            }
            guard !text.utf8.contains(0) else { throw YAMLFault(event.line, .zero) }
            return text
        }
    }

    static let nothingWords: Set = ["", "~", "null", "Null", "NULL"]
}
