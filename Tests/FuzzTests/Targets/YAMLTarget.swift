import Simulator
import Trust

/// A YAML or JSON document: refused, or within its limits, and the same when it is written and
/// read again.
struct YAMLTarget: FuzzTarget {
    static let name = "yaml"
    static let rounds = 2500
    static let dialect = Dialect(
        limit: 8 << 10,
        tokens: Dialect.json + [
            "- ", "? ", ": ", "  ", "\n  ", "\n    ", "\t", "#", " #x\n", "&a ", "*a", "!!str ",
            "! ", "!<x> ", "|\n", ">-\n", "|2+\n", "'", "''", "%YAML 1.1\n", "%TAG ! x\n", "---\n",
            "...\n", "~", "<<: ", "\\x41", "\\U0001F600", "\\\n", "\r\n", "\u{85}", "\u{2028}",
            "\u{FEFF}", "name: ", "users:\n- ", "client-key-data: ", "LS0t", "no", "0x1", "\0",
        ]
    )
    private static let limits = YAMLLimits(size: 8000, depth: 12, values: 400, text: 2000)

    func seeds() -> [[UInt8]] {
        [
            "a: [b, {c: d}]\n", "- |\n  x\n  y\n- \"z\\n\"\n- 'it''s'\n- >\n  f\n  g\n",
            "# x\n---\ncurrent: lab\ncontexts:\n- name: lab\n  endpoints: [\"h:1\"]\n  ca: ~\n...",
            "? a\n: b\n? |\n  c\n: - d\n  - {}\n  - []\n",
            "{\"a\": {\"b\": [1, null, \"\\u00e9\"]}}",
        ]
        .map { Array($0.utf8) }
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let node: YAMLNode
        do { node = try YAMLNode(parsing: input, limits: Self.limits) } catch {
            return ending(error)
        }
        var values = 0
        try promise(input.count <= Self.limits.size, "a text that is too large")
        try checkLimits(node, depth: 0, &values)
        let text = node.encoded()
        // What is written may be larger than what was read: escapes, and a line for each value.
        let room = YAMLLimits(size: 1 << 20, depth: 12, values: 400, text: 2000)
        let again = try must("what was written is refused") { () throws(YAMLFault) in
            try YAMLNode(parsing: text, limits: room)
        }
        try promise(isSame(again, node), "what was written is read differently")
        try promise(again.encoded() == text, "what was written is written differently")
        return "read, \(min(values, 6)) values"
    }

    private func checkLimits(
        _ node: YAMLNode,
        depth: Int,
        _ values: inout Int
    ) throws(BrokenPromise) {
        values += 1
        try promise(values <= Self.limits.values, "more values than may be")
        try promise(node.line > 0, "a value on no line")
        switch node.value {
        case .nothing: break
        case .text(let text): try checkText(text)
        case .list(let items):
            try promise(depth < Self.limits.depth, "deeper than may be")
            for item in items { try checkLimits(item, depth: depth + 1, &values) }
        case .map(let members):
            try promise(depth < Self.limits.depth, "deeper than may be")
            try promise(Set(members.map(\.name)).count == members.count, "a name twice")
            for member in members {
                try checkText(member.name)
                try checkLimits(member.node, depth: depth + 1, &values)
            }
        }
    }

    private func checkText(_ text: String) throws(BrokenPromise) {
        try promise(text.utf8.count <= Self.limits.text, "a text longer than may be")
        try promise(!text.utf8.contains(0), "a text with a NUL")
    }

    private func isSame(_ one: YAMLNode, _ two: YAMLNode) -> Bool {
        switch (one.value, two.value) {
        case (.nothing, .nothing): true
        case (.text(let one), .text(let two)): one.utf8.elementsEqual(two.utf8)
        case (.list(let one), .list(let two)):
            one.count == two.count && zip(one, two).allSatisfy { isSame($0, $1) }
        case (.map(let one), .map(let two)):
            one.count == two.count
                && zip(one, two).allSatisfy {
                    $0.name.utf8.elementsEqual($1.name.utf8) && isSame($0.node, $1.node)
                }
        default: false
        }
    }
}
