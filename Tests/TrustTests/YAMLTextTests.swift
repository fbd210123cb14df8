import Testing
import Trust

@Suite("YAML, written")
struct YAMLTextTests {
    private static let limits = YAMLTests.limits

    private func text(_ node: YAMLNode) -> String {
        String(decoding: node.encoded(), as: UTF8.self)
    }

    @Test("a document is written in blocks, PEM line by line, odd text in quotes")
    func form() {
        let context = YAMLNode(
            .map([
                .init("name", YAMLNode(.text("lab"))),
                .init("endpoints", YAMLNode(.list([YAMLNode(.text("10.0.0.7:50051"))]))),
                .init("key", YAMLNode(.text("-----BEGIN X-----\nAAAA\n-----END X-----\n"))),
                .init("none", YAMLNode(.nothing)),
                .init("empty", YAMLNode(.text(""))),
                .init("no", YAMLNode(.text("no"))),
                .init("lists", YAMLNode(.list([]))),
                .init("maps", YAMLNode(.map([]))),
            ])
        )
        #expect(
            text(YAMLNode(.map([.init("contexts", YAMLNode(.list([context])))])))
                == """
                contexts:
                - name: lab
                  endpoints:
                  - "10.0.0.7:50051"
                  key: |
                    -----BEGIN X-----
                    AAAA
                    -----END X-----
                  none: null
                  empty: ""
                  "no": "no"
                  lists: []
                  maps: {}

                """
        )
    }

    @Test(
        "any text is read back the same, as a value and as a name",
        arguments: [
            "", " ", "a", "null", "~", "Null", "no", "y", "1", "1.5", "0x1f", "a b", " a", "a ",
            "a: b", "a #b", "#a", "- a", "&a", "*a", "!a", "%a", "@a", "`a", "|", ">", "'", "\"",
            "\\", "a\n", "\n", "\na", "a\n\n", "a\nb", "  a\n b\n", "a\n  b\n", "a \nb\n", "\t",
            "a\tb\n", "\r", "a\r\nb\r\n", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{1b}[2J", "\u{7f}",
            "\u{e9}", "e\u{301}", "\u{1F600}", "\u{FFFF}", "---", "...", "--- a", "? a", ": a",
            "[a]", "{a}", "a,b", "<<", "=", ".inf", "2026-11-21", "12:30:45",
            String(repeating: "long words ", count: 500), String(repeating: "x", count: 60_000),
            "-----BEGIN X-----\nAAAA\n\n-----END X-----\n", "#\n", "- \n", "---\n", "...\n",
        ]
    )
    func roundTrips(text: String) throws {
        let value = YAMLNode(.text(text))
        for node in [
            value, YAMLNode(.list([value, value])),
            YAMLNode(.map([.init(text, value), .init(text + "x", YAMLNode(.list([value])))])),
        ] {
            let again = try YAMLNode(parsing: node.encoded(), limits: Self.limits)
            #expect(again.isSame(as: node), "\(self.text(node).debugDescription)")
        }
    }

    @Test("what a person wrote is written anew without its comments, and means the same")
    func anew() throws {
        let written = """
            # mine
            current: lab   # the one
            contexts: [{name: lab, 'endpoints': [a]}]
            """
        let node = try YAMLNode(parsing: Array(written.utf8), limits: Self.limits)
        #expect(
            text(node) == "current: lab\ncontexts:\n- name: lab\n  endpoints:\n  - a\n"
        )
    }
}

extension YAMLNode {
    /// Whether both say the same, on whatever lines, byte for byte.
    func isSame(as other: YAMLNode) -> Bool {
        switch (value, other.value) {
        case (.nothing, .nothing): true
        case (.text(let one), .text(let two)): Array(one.utf8) == Array(two.utf8)
        case (.list(let one), .list(let two)):
            one.count == two.count && zip(one, two).allSatisfy { $0.isSame(as: $1) }
        case (.map(let one), .map(let two)):
            one.count == two.count
                && zip(one, two).allSatisfy {
                    Array($0.name.utf8) == Array($1.name.utf8) && $0.node.isSame(as: $1.node)
                }
        default: false
        }
    }
}
