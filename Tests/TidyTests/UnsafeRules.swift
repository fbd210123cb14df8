/// Where pointers may live, and that each use says why it is sound.
enum UnsafeRules {
    static let homes: Set = [
        "Syscalls", "SlotsDisk", "SlotsLayout", "SlotsFetch", "Trust", "Archive",
    ]
    /// How far above it the reason may stand.
    static let reach = 3

    static func place(of text: SwiftText) -> [Violation] {
        guard let target = text.target, !homes.contains(target) else { return [] }
        return text.lines(with: "unsafe").map {
            Violation(text.path, $0, "`unsafe` outside of its homes")
        }
    }

    static func reasons(of text: SwiftText) -> [Violation] {
        text.lines(with: "unsafe").filter { line in
            let above = max(0, line - 1 - reach)..<(line - 1)
            return !above.contains { text.isCommentOnly($0) }
        }.map { Violation(text.path, $0, "`unsafe` without a reason above it") }
    }
}
