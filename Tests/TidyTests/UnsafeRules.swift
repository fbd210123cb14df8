/// Where pointers may live, and that each use says why it is sound.
enum UnsafeRules {
    static let homes: Set = [
        "Syscalls", "SlotsDisk", "SlotsLayout", "SlotsFetch", "Trust", "Archive", "API",
        "InitLink",
    ]
    /// So many lines may stand between a use and its reason, not counting other uses.
    static let reach = 2

    static func place(of text: SwiftText) -> [Violation] {
        guard let target = text.target, !homes.contains(target) else { return [] }
        return text.lines(with: "unsafe").map {
            Violation(text.path, $0, "`unsafe` outside of its homes")
        }
    }

    /// A reason is a line of comment above the use, in the same paragraph: one reason may stand
    /// above several uses in a row.
    static func reasons(of text: SwiftText) -> [Violation] {
        text.lines(with: "unsafe").filter { !hasReason(text, above: $0 - 1) }
            .map { Violation(text.path, $0, "`unsafe` without a reason above it") }
    }

    private static func hasReason(_ text: SwiftText, above index: Int) -> Bool {
        var left = reach
        for line in stride(from: index - 1, through: 0, by: -1) {
            if text.isCommentOnly(line) { return true }
            if text.code[line].isBlank { return false }
            if !text.code[line].hasWord("unsafe") { left -= 1 }
            if left < 0 { return false }
        }
        return false
    }
}
