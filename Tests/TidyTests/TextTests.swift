import Testing

/// The tokenizer, on samples small enough to see.
@Suite("Swift text")
struct TextTests {
    @Test("comments and the contents of strings are not code")
    func blanks() {
        let text = SwiftText(
            path: "a.swift",
            text: """
                let a = "try! x" // try! y
                /* try! /* try! */ try! */ let b = 1
                let c = #"a " try! "#
                """
        )
        #expect(text.code[0] == "let a = \"      \"          ")
        #expect(text.code[1].hasSuffix(" let b = 1"))
        #expect(!text.code.contains { $0.contains("try!") })
        #expect(text.comments[0].hasSuffix("// try! y"))
        #expect(text.lines[0].hasSuffix("// try! y"))
    }

    @Test("an interpolation is code, and the string goes on after it")
    func interpolation() {
        let text = SwiftText(path: "a.swift", text: #"p("a! \(b(c)!) d! \(e!)", f!)"#)
        #expect(text.code[0].filter { $0 != " " } == #"p("(b(c)!)(e!)",f!)"#)
        #expect(text.code[0].hasSuffix(", f!)"))
    }

    @Test("a string over several lines ends at its three quotes")
    func multiline() {
        let quotes = "\"\"\""
        let text = SwiftText(
            path: "a.swift",
            text: "let a = \(quotes)\n  \"x\" y!\n  \(quotes)\nlet b = c!\n"
        )
        #expect(text.code[1].isBlank)
        #expect(text.code[3] == "let b = c!")
        #expect(text.lines.count == 4)
    }

    @Test("a word is found only when it stands alone")
    func words() {
        #expect("unsafe f()".hasWord("unsafe"))
        #expect("nonisolated(unsafe) var".hasWord("unsafe"))
        #expect(!"withUnsafe unsafely isunsafe".hasWord("unsafe"))
    }

    @Test("a source file belongs to the folder it lies in")
    func target() {
        #expect(SwiftText(path: "Sources/Slots/A.swift", text: "").target == "Slots")
        #expect(SwiftText(path: "Tests/SlotsTests/A.swift", text: "").target == nil)
        #expect(SwiftText(path: "Package.swift", text: "").target == nil)
    }
}
