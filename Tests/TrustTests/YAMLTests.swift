import Testing

@testable import Trust

@Suite("YAML, read")
struct YAMLTests {
    static let limits = YAMLLimits(size: 1 << 20, depth: 32, values: 20_000, text: 64 << 10)

    private func parse(_ text: String) throws(YAMLFault) -> YAMLNode {
        try YAMLNode(parsing: Array(text.utf8), limits: Self.limits)
    }

    private func fault(_ bytes: [UInt8]) -> YAMLFault? {
        do throws(YAMLFault) {
            _ = try YAMLNode(parsing: bytes, limits: Self.limits)
            return nil
        } catch {
            return error
        }
    }

    private func fault(_ text: String) -> YAMLFault? { fault(Array(text.utf8)) }

    @Test("every form of text is the text that was meant")
    func texts() throws {
        let node = try parse(
            """
            %YAML 1.1
            ---  # a comment
            plain: some words:with#marks
            single: 'it''s'
            double: "a\\tb\\u00e9\\x41"
            block: |
              line 1

              line 2
            folded: >-
              one
              two
            number: 0x1F
            truth: yes
            "quoted name": 1
            ...

            """
        )
        let texts = [
            "plain": "some words:with#marks", "single": "it's", "double": "a\tb\u{e9}A",
            "block": "line 1\n\nline 2\n", "folded": "one two", "number": "0x1F", "truth": "yes",
            "quoted name": "1",
        ]
        for (name, text) in texts { #expect(node[name]?.value == .text(text), "\(name)") }
        #expect(node["block"]?.line == 6)
    }

    @Test("null, a tilde and nothing are none; in quotes they are text")
    func none() throws {
        let node = try parse("- null\n- ~\n-\n- Null\n- NULL\n- \"null\"\n- '~'\n- ''\n")
        guard case .list(let items) = node.value else {
            Issue.record("no list")
            return
        }
        #expect(items.prefix(5).allSatisfy { $0.value == .nothing })
        #expect(items.dropFirst(5).map(\.value) == [.text("null"), .text("~"), .text("")])
        for text in ["", "\n", "# nothing\n", "---\n", "null", "\u{FEFF}"] {
            #expect(try parse(text).value == .nothing)
        }
    }

    @Test("JSON is read, tabs, escapes and empty lists and maps with it")
    func json() throws {
        let node = try parse("{\n\t\"a\": [],\n\t\"b\": {},\n\t\"c\": \"x\\/\\u00e9\\n\"\n}\n")
        #expect(node["a"]?.value == .list([]))
        #expect(node["b"]?.value == .map([]))
        #expect(node["c"]?.value == .text("x/\u{e9}\n"))
        #expect(node["c"]?.line == 4)
        #expect(node["d"] == nil)
        #expect(try parse("[1]")["a"] == nil)
    }

    @Test("a byte order mark and line ends of other systems are read over")
    func otherSystems() throws {
        let node = try parse("\u{FEFF}a: 1\r\nb: |\r\n  x\r\n  y\r\n")
        #expect(node["a"]?.value == .text("1"))
        #expect(node["b"]?.value == .text("x\ny\n"))
    }

    @Test("a document that would stand for more than it holds is refused at the first anchor")
    func aliases() {
        var laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<30 {
            let items = repeatElement("*a\(level - 1)", count: 10).joined(separator: ", ")
            laughs += "a\(level): &a\(level) [\(items)]\n"
        }
        for text in [laughs, "&a x", "&a [x]", "&a {}", "*a", "x: &a\n  <<: *a\n"] {
            #expect(fault(text) == YAMLFault(1, .alias), "\(text.prefix(40))")
        }
        #expect(fault("x: 1\ny: *x") == YAMLFault(2, .alias))
    }

    @Test(
        "a value that says what it is to be read as is refused",
        arguments: [
            "!!str x", "!x y", "! x", "!!binary aaaa", "!!map {}", "!<tag:yaml.org,2002:seq> []",
            "!!python/object/apply:os.system [id]", "%TAG !e! tag:e.org,2000:\n---\n!e!x {}",
        ]
    )
    func tags(text: String) {
        let fault = fault(text)
        #expect(fault?.reason == .tag, "\(String(describing: fault))")
    }

    @Test("a name that is there twice is refused on the line where it is again")
    func twice() throws {
        #expect(fault("a: 1\nb: 2\na: 3") == YAMLFault(3, .twice(name: "a")))
        #expect(fault("x: {a: 1, \"a\": 2}") == YAMLFault(1, .twice(name: "a")))
        #expect(fault("\u{e9}: 1\ne\u{301}: 2") == YAMLFault(2, .twice(name: "\u{e9}")))
        #expect(fault("x: {a: 1}\ny: {a: 2}") == nil)
    }

    @Test("a list or a map is no name")
    func names() {
        #expect(fault("? [a]\n: b") == YAMLFault(1, .notAName))
        #expect(fault("x:\n  {a: b}: c") == YAMLFault(2, .notAName))
    }

    @Test("a second document is refused, even an empty one")
    func documents() {
        #expect(fault("a: 1\n---\nb: 2") == YAMLFault(2, .secondDocument))
        #expect(fault("a: 1\n...\n---\n") == YAMLFault(3, .secondDocument))
        #expect(fault("---\n---\n") == YAMLFault(2, .secondDocument))
    }

    @Test("bytes that are no UTF-8 are refused, and so is NUL")
    func bytes() {
        for bytes: [UInt8] in [
            [0xff, 0xfe, 0x61, 0], [0x61, 0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8], [0xe2],
        ] {
            #expect(fault(bytes) == YAMLFault(nil, .notUTF8))
        }
        #expect(fault("a: \"x\\0y\"") == YAMLFault(1, .zero))
        #expect(fault("\"\\0\": x") == YAMLFault(1, .zero))
        for text in ["a: \u{0}", "\u{7}", "a: \"\\ud800\"", "a: \u{1b}[2J"] {
            guard case .syntax? = fault(text)?.reason else {
                Issue.record("\(text.debugDescription) is read")
                continue
            }
        }
    }

    @Test("one byte, level, value or character more than the limit is refused")
    func bounds() throws {
        let limits = YAMLLimits(size: 64, depth: 3, values: 5, text: 8)
        func fault(_ text: String) -> YAMLFault.Reason? {
            do throws(YAMLFault) {
                _ = try YAMLNode(parsing: Array(text.utf8), limits: limits)
                return nil
            } catch {
                return error.reason
            }
        }
        #expect(fault("#" + String(repeating: "x", count: 63)) == nil)
        #expect(
            fault("#" + String(repeating: "x", count: 64)) == .tooLarge(size: 65, limit: 64)
        )
        #expect(fault("[[[]]]") == nil)
        #expect(fault("[[[[]]]]") == .tooDeep(limit: 3))
        #expect(fault("a: {b: {c: {}}}") == .tooDeep(limit: 3))
        #expect(fault("[1, 2, 3, 4]") == nil)
        #expect(fault("[1, 2, 3, 4, 5]") == .tooManyValues(limit: 5))
        #expect(fault("{a: , b: , c: , d: , e: }") == .tooManyValues(limit: 5))
        #expect(fault("12345678") == nil)
        #expect(fault("123456789") == .textTooLong(limit: 8))
        #expect(fault("123456789: x") == .textTooLong(limit: 8))
        #expect(fault("\u{e9}\u{e9}\u{e9}\u{e9}x") == .textTooLong(limit: 8))
    }

    @Test(
        "a megabyte of one mark over and over is answered within seconds",
        arguments: [
            "[", "{", "{a: ", "- ", "? ", "a:\n", "- a\n", "[a, ", "\"", "'", "|\n", "#", "\n", " ",
            "\t", ",", "- - ", "!", "&a ", "*a ", "a: b: ", "%", "---\n", ": ", "'' ", "{}: ",
            "[]: ", "[?", "a", "\\", "\u{2028}", "\u{e9}", "? - ", "{\"a\":[",
        ]
    )
    func masses(mark: String) {
        let count = Self.limits.size / mark.utf8.count
        let clock = ContinuousClock()
        let time = clock.measure {
            _ = fault(String(repeating: mark, count: count))
            _ = fault("[" + String(repeating: mark, count: count - 1))
            _ = fault("a: " + String(repeating: mark, count: count - 3))
        }
        #expect(time < .seconds(10), "\(mark.debugDescription): \(time)")
    }

    @Test("what is wrong is said with its line")
    func words() throws {
        #expect(fault("a: 1\na: 2")?.words == "line 2: a is there twice")
        #expect(fault([0x80])?.words == "it is not UTF-8")
        let open = try #require(fault("a: [\n"))
        #expect(open.line == 2 && open.words.hasPrefix("line 2: did not find expected"))
        let reasons: [YAMLFault.Reason] = [
            .tooLarge(size: 2, limit: 1), .notUTF8, .tooDeep(limit: 1), .tooManyValues(limit: 1),
            .textTooLong(limit: 1), .alias, .tag, .notAName, .twice(name: "a"), .secondDocument,
            .zero, .syntax("x"),
        ]
        #expect(Set(reasons.map(\.words)).count == reasons.count)
    }
}
