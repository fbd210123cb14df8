import API
import Slots

/// Where an operation stands, from the engine or from a node.
struct Meter: Sendable, Hashable {
    var phase: String
    var done: Int
    var total: Int
    /// Bytes a second; 0 while nobody knows.
    var rate: Int
    var secondsLeft: Int?
    var reused: Int

    init(_ progress: Slots.Progress) {
        phase = progress.phase.rawValue
        done = progress.done
        total = progress.total
        rate = progress.rate
        secondsLeft = progress.remaining.map { Int($0.components.seconds) }
        reused = progress.reused
    }

    init(_ operation: Keel_V1_Operation) {
        let progress = operation.progress
        phase = operation.phase.word
        total = Int(clamping: progress.total)
        done = min(Int(clamping: progress.bytes), total)
        rate = Self.whole(progress.rate)
        secondsLeft = progress.hasEta ? Self.whole(progress.eta) : nil
        reused = Int(clamping: progress.reused)
    }

    var line: String {
        let percent = total > 0 ? done * 100 / total : 100
        var line =
            "\(phase) \(percent) %  \(Self.megabytes(done)) of \(Self.megabytes(total)) MB"
        if rate > 0 { line += "  \(Self.megabytes(rate)) MB/s" }
        if let secondsLeft, done < total { line += "  \(secondsLeft) s left" }
        if reused > 0 { line += "  \(Self.megabytes(reused)) MB reused" }
        return line
    }

    /// The same, with a bar before it.
    var liveLine: String {
        let width = 20
        let full = total > 0 ? done * width / total : width
        let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
        return "[\(bar)] \(line)"
    }

    /// Millions of bytes with one decimal.
    static func megabytes(_ bytes: Int) -> String {
        "\(bytes / 1_000_000).\(bytes / 100_000 % 10)"
    }

    /// A number from the wire need not be one: infinite, negative or none at all counts as 0.
    private static func whole(_ number: Double) -> Int {
        number.isFinite && number > 0 && number < 1e15 ? Int(number) : 0
    }
}
