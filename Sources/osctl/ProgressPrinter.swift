import Slots
import Syscalls

/// Shows how far an operation is: one live line on a terminal, a plain line each tenth elsewhere.
final class ProgressPrinter: Observer {
    private let isLive = Terminal.isError
    private var phase: Progress.Phase?
    private var tenth = 0

    var isCancelled: Bool { false }

    func observe(_ progress: Progress) {
        let share = progress.total > 0 ? progress.done * 10 / progress.total : 10
        if progress.phase != phase {
            phase = progress.phase
            tenth = 0
        }
        let isDone = progress.done == progress.total
        if isLive {
            StandardError.write("\r\u{1b}[K" + Self.line(progress) + (isDone ? "\n" : ""))
        } else if share > tenth {
            tenth = share
            StandardError.write(Self.line(progress) + "\n")
        }
    }

    static func line(_ progress: Progress) -> String {
        let percent = progress.total > 0 ? progress.done * 100 / progress.total : 100
        var line =
            "\(progress.phase.rawValue) \(percent) %  \(megabytes(progress.done)) of "
            + "\(megabytes(progress.total)) MB"
        if progress.rate > 0 { line += "  \(megabytes(progress.rate)) MB/s" }
        if let remaining = progress.remaining, progress.done < progress.total {
            line += "  \(remaining.components.seconds) s left"
        }
        if progress.reused > 0 { line += "  \(megabytes(progress.reused)) MB reused" }
        return line
    }

    /// Millions of bytes with one decimal.
    static func megabytes(_ bytes: Int) -> String {
        "\(bytes / 1_000_000).\(bytes / 100_000 % 10)"
    }
}
