import API
import Slots

/// A line of a service's log: for people with its time and level, for programs as an object.
enum LogText {
    static func text(_ line: Keel_V1_LogLine) -> String {
        "\(time(line.time)) \(padded(line.level.word)) \(shown(line.text))"
    }

    static func json(_ line: Keel_V1_LogLine, node: String?) -> String {
        let name = node.map { "\"node\":\(quoted($0))," } ?? ""
        return "{\(name)\"time\":\(quoted(time(line.time))),\"level\":\(quoted(line.level.word)),"
            + "\"text\":\(quoted(String(decoding: line.text, as: UTF8.self)))}"
    }

    /// RFC 3339 with milliseconds.
    private static func time(_ nanoseconds: Int64) -> String {
        guard nanoseconds > 0 else { return "-" }
        let milliseconds = Int(nanoseconds / 1_000_000)
        let digits = String(1000 + milliseconds % 1000).dropFirst()
        return Timestamp(seconds: milliseconds / 1000).description.dropLast() + ".\(digits)Z"
    }

    private static func padded(_ word: String) -> String {
        word + String(repeating: " ", count: max(0, 7 - word.count))
    }

    /// What a node wrote must not steer the terminal that shows it.
    static func shown(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
            let isControl =
                scalar.value < 0x20 && scalar != "\t" || (0x7f...0x9f).contains(scalar.value)
            text.unicodeScalars.append(isControl ? "\u{fffd}" : scalar)
        }
        return text
    }
}
