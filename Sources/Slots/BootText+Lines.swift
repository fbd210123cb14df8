extension BootText {
    /// At most `count` lines of a boot's text: those around the last one that speaks of `subject`,
    /// such as the check that failed, else the last ones.
    ///
    /// What a terminal could take for a command is replaced by `?`.
    public static func lines(of text: [UInt8], about subject: String, count: Int) -> [String] {
        let lines = String(decoding: text.map(shown), as: UTF8.self)
            .split(separator: "\n").map(String.init)
        guard lines.count > count else { return lines }
        let named = subject.isEmpty ? nil : lines.lastIndex { $0.holds(subject) }
        guard let named else { return Array(lines.suffix(count)) }
        // What led to it matters more than what followed.
        let end = min(lines.count, named + 1 + count / 4)
        return Array(lines[max(0, end - count)..<end])
    }

    private static func shown(_ byte: UInt8) -> UInt8 {
        byte == 0x0A || (byte >= 0x20 && byte != 0x7F) ? byte : UInt8(ascii: "?")
    }
}
