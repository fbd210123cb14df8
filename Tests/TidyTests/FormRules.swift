/// How a Swift file may look: its length, its columns, and the words that may not stand in it.
enum FormRules {
    static let lineLimit = 400
    static let columnLimit = 100

    static func size(of text: SwiftText) -> [Violation] {
        var found: [Violation] = []
        if text.lines.count > lineLimit {
            found.append(Violation(text.path, "has \(text.lines.count) lines, limit \(lineLimit)"))
        }
        for (index, line) in text.lines.enumerated() where line.count > columnLimit {
            found.append(Violation(text.path, index + 1, "\(line.count) columns"))
        }
        return found
    }

    /// In sources nothing traps by accident and nothing waits to be done.
    static func sourceWords(of text: SwiftText) -> [Violation] {
        var found: [Violation] = []
        for (index, line) in text.code.enumerated() {
            for word in trappingWords where line.contains(word) {
                found.append(Violation(text.path, index + 1, "`\(word)`"))
            }
            if line.hasForceUnwrap { found.append(Violation(text.path, index + 1, "force unwrap")) }
            let comment = text.comments[index]
            for word in unfinishedWords where comment.hasWord(word) || line.hasWord(word) {
                found.append(Violation(text.path, index + 1, "`\(word)`"))
            }
        }
        return found
    }

    /// The engine is pure: it imports nothing, waits for nothing, prints nothing, points nowhere.
    static func pureWords(of text: SwiftText) -> [Violation] {
        var found: [Violation] = []
        for word in ["import", "async", "await", "unsafe"] {
            found += text.lines(with: word).map { Violation(text.path, $0, "`\(word)`") }
        }
        for (index, line) in text.code.enumerated() where line.contains("print(") {
            found.append(Violation(text.path, index + 1, "`print(`"))
        }
        return found
    }

    /// Every test has a name, and the name is a sentence.
    static func testNames(of text: SwiftText) -> [Violation] {
        text.tests.compactMap { test in
            guard let name = test.name else {
                return Violation(text.path, test.line, "a test without a name")
            }
            guard !name.contains(" ") else { return nil }
            return Violation(text.path, test.line, "\"\(name)\" is no sentence")
        }
    }

    private static let trappingWords = ["try!", "as!", "fatalError("]
    private static let unfinishedWords = ["TO" + "DO", "FIX" + "ME"]
}

extension SwiftText {
    /// The tests declared here, with the line and the name of each.
    var tests: [(line: Int, name: String?)] {
        code.indices.filter { code[$0].contains("@Test") }.map { index in
            (index + 1, name(ofTestAt: index))
        }
    }

    /// The first string in the attribute's parentheses, on this line or the next.
    private func name(ofTestAt index: Int) -> String? {
        let written = lines[index...].prefix(2).joined(separator: " ")
        guard let attribute = written.firstRange(of: "@Test") else { return nil }
        var rest = written[attribute.upperBound...]
        guard rest.first == "(" else { return nil }
        rest = rest.dropFirst().drop { $0 == " " }
        guard rest.first == "\"" else { return nil }
        var name = ""
        var isEscaped = false
        for character in rest.dropFirst() {
            if character == "\"", !isEscaped { return name }
            isEscaped = character == "\\" && !isEscaped
            if !isEscaped { name.append(character) }
        }
        return nil
    }
}

extension String {
    /// `name!`, `)!`, `]!` or `}!`, but neither `!=` nor a `!` in front of something.
    var hasForceUnwrap: Bool {
        let characters = Array(self)
        return characters.indices.dropFirst().contains { index in
            guard characters[index] == "!" else { return false }
            let before = characters[index - 1]
            let isComparison = index + 1 < characters.count && characters[index + 1] == "="
            let isWord = ["try", "as"].contains { String(characters[..<index]).hasSuffix($0) }
            return !isComparison && !isWord && (before.isWordCharacter || ")]}\"".contains(before))
        }
    }
}
