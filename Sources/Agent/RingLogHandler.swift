import InitLink
import Logging
import Slots
import Syscalls

/// Writes each line to standard error, where the first process takes it, and keeps the newest ones
/// for those who ask the agent itself.
struct RingLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    private let ring: LogRing

    init(ring: LogRing, level: Logger.Level) {
        self.ring = ring
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let facts = self.metadata.merging(event.metadata ?? [:]) { _, new in new }
        let text = Self.text(event.message, facts)
        let (seconds, fraction) = WallTime.now.components
        let nanoseconds = seconds * 1_000_000_000 + fraction / 1_000_000_000
        ring.append(LogLine(time: nanoseconds, level: event.level.rank, text))
        let line = "\(Timestamp(seconds: Int(seconds))) \(event.level) \(text)\n"
        // A log that nobody takes is no reason to fail.
        do throws(Errno) { try StandardError.write(Array(line.utf8).span) } catch { return }
    }

    /// The message, then the facts by name: `message key=value "key two"="with space"`.
    private static func text(_ message: Logger.Message, _ facts: Logger.Metadata) -> String {
        facts.sorted { $0.key < $1.key }.reduce("\(message)") { text, fact in
            let value = "\(fact.value)"
            let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 }
            return "\(text) \(fact.key)=\(isPlain ? value : FlatJSONWriter.quoted(value))"
        }
    }
}

extension Logger.Level {
    fileprivate var rank: LogLevel {
        switch self {
        case .trace, .debug: .debug
        case .info, .notice: .info
        case .warning: .warning
        case .error, .critical: .error
        }
    }
}
