import Slots

/// Typed looks at a document: each says which line is wrong, and why.
extension YAMLNode {
    /// What a document of a person's making may have.
    public static let limits = YAMLLimits(size: 1 << 20, depth: 32, values: 20_000, text: 256 << 10)

    /// Reads one document of a person's making, YAML or JSON.
    public init(document bytes: [UInt8]) throws(DocumentFault) {
        do { self = try Self(parsing: bytes, limits: Self.limits) } catch {
            throw DocumentFault(error)
        }
    }

    /// The members, each of whose names is among `known`; nothing at all is an empty map.
    public func members(known: Set<String>) throws(DocumentFault) -> [String: YAMLNode] {
        let all = try everyMember()
        for member in all where !known.contains(member.name) {
            throw DocumentFault(member.line, "there is no field \"\(member.name)\"")
        }
        return Self.dictionary(all)
    }

    /// The members, whatever their names.
    public func members() throws(DocumentFault) -> [String: YAMLNode] {
        Self.dictionary(try everyMember())
    }

    /// The items; nothing at all is an empty list.
    public func list() throws(DocumentFault) -> [YAMLNode] {
        switch value {
        case .nothing: return []
        case .list(let items): return items
        case .text, .map: throw DocumentFault(line, "expected a list")
        }
    }

    /// The scalar as it was written.
    public func text() throws(DocumentFault) -> String {
        guard case .text(let text) = value else { throw DocumentFault(line, "expected text") }
        return text
    }

    /// The same as JSON: every scalar a string, from which protobuf's JSON reads numbers too.
    public var json: String {
        switch value {
        case .nothing: "null"
        case .text(let text): FlatJSONWriter.quoted(text)
        case .list(let items): "[" + items.map(\.json).joined(separator: ",") + "]"
        case .map(let members):
            "{"
                + members.map { "\(FlatJSONWriter.quoted($0.name)):\($0.node.json)" }
                .joined(separator: ",") + "}"
        }
    }

    /// The line of the first member, however deep, that is called `key`.
    public func line(of key: String) -> Int? {
        switch value {
        case .nothing, .text: return nil
        case .list(let items):
            for item in items {
                if let line = item.line(of: key) { return line }
            }
        case .map(let members):
            for member in members {
                if member.name == key { return member.line }
                if let line = member.node.line(of: key) { return line }
            }
        }
        return nil
    }

    private func everyMember() throws(DocumentFault) -> [Member] {
        switch value {
        case .nothing: return []
        case .map(let members): return members
        case .text, .list: throw DocumentFault(line, "expected names and values")
        }
    }

    private static func dictionary(_ members: [Member]) -> [String: YAMLNode] {
        Dictionary(members.map { ($0.name, $0.node) }) { first, _ in first }
    }
}
