import Testing

/// Every rule, on a sample that breaks it and one that does not: a rule that cannot fail is none.
@Suite("Rules that can fail")
struct RuleTests {
    private func source(_ text: String, in target: String = "Slots") -> SwiftText {
        SwiftText(path: "Sources/\(target)/A.swift", text: text)
    }

    @Test("a file of 401 lines and a line of 101 columns are found")
    func size() {
        let long = source(String(repeating: "\n", count: 401))
        #expect(FormRules.size(of: long).map(\.line) == [nil])
        let fits = source(String(repeating: "\n", count: 400))
        #expect(FormRules.size(of: fits).isEmpty)
        let wide = source("\n" + String(repeating: "é", count: 101))
        #expect(FormRules.size(of: wide).map(\.line) == [2])
        let narrow = source(String(repeating: "é", count: 100))
        #expect(FormRules.size(of: narrow).isEmpty)
    }

    @Test(
        "what traps by accident is found",
        arguments: [
            "let a = try! b()", "let a = b as! C", "a!", "a()!.b", "a[0]! + 1", "{ 1 }()!",
            "var a: B!", "fatalError(\"a\")", "\"\\(a!)\"", "a! != b",
        ]
    )
    func traps(sample: String) {
        #expect(!FormRules.sourceWords(of: source(sample)).isEmpty)
    }

    @Test(
        "what only looks like it is let through",
        arguments: [
            "a != b", "!a", "if !a.isEmpty, !b {}", "// a! and try! b", "\"a! try! fatalError(\"",
            "a!=b", "(!a)",
        ]
    )
    func noTraps(sample: String) {
        #expect(FormRules.sourceWords(of: source(sample)).isEmpty)
    }

    @Test("what was left for later is found in comments too")
    func unfinished() {
        #expect(FormRules.sourceWords(of: source("// TODO: later")).count == 1)
        #expect(FormRules.sourceWords(of: source("let a = 1  // FIXME")).count == 1)
        #expect(FormRules.sourceWords(of: source("let TODOS = \"TODO\"")).isEmpty)
    }

    @Test(
        "an engine that is not pure is found",
        arguments: [
            "import Glibc", "public import Trust", "func a() async {}", "await b()", "unsafe c()",
            "print(1)",
        ]
    )
    func pure(sample: String) {
        #expect(!FormRules.pureWords(of: source(sample)).isEmpty)
        #expect(FormRules.pureWords(of: source("// \(sample)")).isEmpty)
    }

    @Test("a test whose name is missing or one word is found")
    func testNames() {
        let bad = source("@Test func a() {}\n@Test(\"works\") func b() {}\n@Test(\n    \"c\"\n)")
        #expect(FormRules.testNames(of: bad).map(\.line) == [1, 2, 3])
        let good = source("@Test(\"a \\\"b\\\" c\") func a() {}\n@Test(\n    \"d e\",\n)")
        #expect(FormRules.testNames(of: good).isEmpty)
        #expect(good.tests.map(\.name) == ["a \"b\" c", "d e"])
    }

    @Test("a pointer outside its homes is found")
    func unsafeHomes() {
        #expect(UnsafeRules.place(of: source("unsafe a()", in: "osctl")).count == 1)
        #expect(UnsafeRules.place(of: source("unsafe a()", in: "Trust")).isEmpty)
        #expect(UnsafeRules.place(of: source("// unsafe", in: "osctl")).isEmpty)
    }

    @Test("a pointer without a reason above it is found")
    func unsafeReasons() {
        let reason = "// Sound because.\n"
        #expect(UnsafeRules.reasons(of: source("unsafe a()")).count == 1)
        #expect(UnsafeRules.reasons(of: source(reason + "unsafe a()")).isEmpty)
        #expect(UnsafeRules.reasons(of: source(reason + "let a =\nb(\nunsafe a()")).isEmpty)
        #expect(UnsafeRules.reasons(of: source(reason + "a\nb\nc\nunsafe a()")).count == 1)
        #expect(UnsafeRules.reasons(of: source(reason + "\nunsafe a()")).count == 1)
        let row = String(repeating: "unsafe a()\n", count: 9)
        #expect(UnsafeRules.reasons(of: source(reason + row)).isEmpty)
        #expect(UnsafeRules.reasons(of: source("let b = 1  // b\nunsafe a()")).count == 1)
    }

    @Test("a claim about a test that does not exist is found")
    func namedTests() {
        let claims = NamedTests.claims(in: "| I1 | *\"a b\"*, *\"c d\"* |\n*\"e f\"*")
        #expect(claims.map(\.name) == ["a b", "c d", "e f"])
        #expect(claims.map(\.line) == [1, 1, 2])
        #expect(NamedTests.missing(claims, ["a b", "e f"], "p").map(\.line) == [1])
    }
}
