import Slots

/// All contexts, and the one in use: `config.yaml`.
struct ContextFile: Sendable, Hashable {
    var current: String?
    var contexts: [Context] = []

    init() {}

    init(parsing bytes: [UInt8]) throws(DocumentFault) {
        let document = try Document(parsing: bytes)
        let members = try document.members(known: ["current", "contexts"])
        for item in try members["contexts"]?.list() ?? [] {
            let context = try Context(item)
            guard self[context.name] == nil else {
                throw DocumentFault(item.line, "there are two contexts \"\(context.name)\"")
            }
            contexts.append(context)
        }
        if let field = members["current"], field.value != .none {
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

    /// The file, as YAML.
    func encoded() -> [UInt8] {
        var lines: [String] = []
        if let current { lines.append("current: \(Self.scalar(current))") }
        lines.append(contexts.isEmpty ? "contexts: []" : "contexts:")
        for context in contexts {
            lines.append("  - name: \(Self.scalar(context.name))")
            lines.append("    endpoints:")
            lines += context.endpoints.map { "      - \(Self.scalar($0.description))" }
            let fields = [
                ("fingerprint", context.fingerprint?.hex), ("ca", context.ca),
                ("certificate", context.certificate), ("key", context.key),
                ("kubeconfig", context.kubeconfig),
            ]
            for (name, value) in fields {
                guard let value else { continue }
                lines += Self.field(name, value)
            }
        }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    /// PEM stands as a block; anything else on the line, quoted as JSON is, which YAML reads too.
    private static func field(_ name: String, _ value: String) -> [String] {
        let isBlock = value.contains("\n") && value.utf8.allSatisfy { $0 == 10 || $0 >= 32 }
        guard isBlock, value.hasSuffix("\n"), value.first != " " else {
            return ["    \(name): \(scalar(value))"]
        }
        return ["    \(name): |"]
            + value.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "      \($0)" }
    }

    private static func scalar(_ text: String) -> String { FlatJSONWriter.quoted(text) }
}
