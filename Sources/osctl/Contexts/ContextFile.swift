import Trust

/// All contexts, and the one in use: `config.yaml`.
struct ContextFile: Sendable, Hashable {
    var current: String?
    var contexts: [Context] = []

    init() {}

    init(parsing bytes: [UInt8]) throws(DocumentFault) {
        let document = try YAMLNode(document: bytes)
        let members = try document.members(known: ["current", "contexts"])
        for item in try members["contexts"]?.list() ?? [] {
            let context = try Context(item)
            guard self[context.name] == nil else {
                throw DocumentFault(item.line, "there are two contexts \"\(context.name)\"")
            }
            contexts.append(context)
        }
        if let field = members["current"], field.value != .nothing {
            let name = try field.text()
            guard self[name] != nil else {
                throw DocumentFault(field.line, "there is no context \"\(name)\"")
            }
            current = name
        }
    }

    subscript(_ name: String) -> Context? { contexts.first { $0.name == name } }

    /// The context called `name`, or the one in use.
    func context(_ name: String?) throws(SetupError) -> Context? {
        guard let wanted = name ?? current else { return nil }
        guard let found = self[wanted] else {
            throw .noContext(name: wanted, known: contexts.map(\.name))
        }
        return found
    }

    mutating func put(_ context: Context) {
        if let index = contexts.firstIndex(where: { $0.name == context.name }) {
            contexts[index] = context
        } else {
            contexts.append(context)
        }
    }

    mutating func remove(_ name: String) {
        contexts.removeAll { $0.name == name }
        if current == name { current = nil }
    }

    /// The file, as YAML: PEM as blocks.
    func encoded() -> [UInt8] {
        var members: [YAMLNode.Member] = []
        if let current { members.append(.init("current", .text(current))) }
        members.append(.init("contexts", YAMLNode(.list(contexts.map(\.node)))))
        return YAMLNode(.map(members)).encoded()
    }
}

extension Context {
    fileprivate var node: YAMLNode {
        let fields = [
            ("fingerprint", fingerprint?.hex), ("ca", ca), ("certificate", certificate),
            ("key", key), ("kubeconfig", kubeconfig),
        ]
        return YAMLNode(
            .map(
                [
                    .init("name", .text(name)),
                    .init("endpoints", .init(.list(endpoints.map { .text($0.description) }))),
                ] + fields.compactMap { field, value in value.map { .init(field, .text($0)) } }
            )
        )
    }
}

extension YAMLNode {
    fileprivate static func text(_ text: String) -> YAMLNode { YAMLNode(.text(text)) }
}
