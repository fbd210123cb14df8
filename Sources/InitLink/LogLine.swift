/// How much a line matters.
public enum LogLevel: UInt32, Sendable, Hashable, CaseIterable, Comparable {
    case debug = 1
    case info
    case warning
    case error

    public static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// One line of a log.
public struct LogLine: Sendable, Hashable {
    /// Longer texts are cut.
    public static let textLimit = 4096

    /// Nanoseconds since 1970.
    public let time: Int64
    public let level: LogLevel
    /// What it says: at most `textLimit` bytes, usually UTF-8, without line breaks.
    public let text: [UInt8]

    /// Cuts `text` at `textLimit`, before a character that would be torn; line breaks become
    /// spaces, so that one line never looks like two.
    public init(time: Int64, level: LogLevel, text: some Sequence<UInt8>) {
        self.time = time
        self.level = level
        var bytes = Array(text.prefix(Self.textLimit + 1))
        if bytes.count > Self.textLimit {
            var end = Self.textLimit
            // A character has at most three bytes after its first: 10xxxxxx each.
            while end > Self.textLimit - 4, bytes[end] & 0xc0 == 0x80 { end -= 1 }
            // Four in a row are no UTF-8: nothing would be torn.
            if bytes[end] & 0xc0 == 0x80 { end = Self.textLimit }
            bytes.removeLast(bytes.count - end)
        }
        for index in bytes.indices where bytes[index] == 10 || bytes[index] == 13 {
            bytes[index] = 32
        }
        self.text = bytes
    }

    public init(time: Int64, level: LogLevel, _ text: String) {
        self.init(time: time, level: level, text: text.utf8)
    }
}
