/// What is wrong with a sentence that the agent says; empty when nothing is.
///
/// Most of its sentences are put together from others, and that is where they break: two marks
/// where they meet, a small letter after a full stop, an end without one.
enum Sentences {
    static func faults(in text: String) -> [String] {
        var faults: [String] = []
        if text.isEmpty { return ["it is empty"] }
        if !text.hasSuffix(".") { faults.append("it has no full stop") }
        if text.hasSuffix(" .") { faults.append("a space stands before its full stop") }
        if text.contains("Optional(") || text.contains("InitLink.") {
            faults.append("a value as a programmer writes it")
        }
        if text.contains("  ") { faults.append("two spaces") }
        if text.contains("\n") { faults.append("a line break") }
        let characters = Array(text)
        for index in characters.indices.dropLast() {
            let (one, next) = (characters[index], characters[index + 1])
            let after = index + 2 < characters.count ? characters[index + 2] : " "
            if marks.contains(one), marks.contains(next), after == " ", next != one {
                faults.append("\"\(one)\(next)\"")
            }
            if one == ".", next == ".", after == " ", index == 0 || characters[index - 1] != "." {
                faults.append("\"..\"")
            }
            if one == ".", next == " ", after.isLowercase { faults.append("\". \(after)\"") }
            if one == " ", ".,;:".contains(next), after == " " { faults.append("\" \(next)\"") }
        }
        return faults
    }

    private static let marks: Set<Character> = [".", ",", ";", ":", "!", "?"]
}
