import API
import Slots
import Syscalls

/// Shows how far an operation is: one live line on a terminal, a plain line each tenth elsewhere.
final class ProgressPrinter: Observer {
    private let isLive: Bool
    private let prefix: String
    private var phase = ""
    private var awaited = ""
    private var tenth = 0
    private var isOpen = false

    /// - Parameter prefix: stands before each line, and makes them plain: other nodes write too.
    init(prefix: String = "") {
        self.prefix = prefix
        isLive = prefix.isEmpty && Terminal.isError
    }

    var isCancelled: Bool { false }

    func observe(_ progress: Slots.Progress) { show(Meter(progress)) }

    /// How far an operation on a node is.
    func show(_ operation: Keel_V1_Operation) {
        let meter = Meter(operation)
        if meter.total > 0 { return show(meter) }
        if operation.phase != .unspecified, !operation.hasEnded, meter.phase != phase {
            phase = meter.phase
            say(meter.phase)
        }
        if operation.waitingFor != awaited {
            awaited = operation.waitingFor
            if !awaited.isEmpty { say("waits: \(LogText.shown(awaited.utf8))") }
        }
    }

    /// A line of its own.
    func say(_ words: String) {
        end()
        StandardError.write("\(prefix)\(words)\n")
    }

    /// Leaves the live line.
    func end() {
        if isOpen { StandardError.write("\n") }
        isOpen = false
    }

    private func show(_ meter: Meter) {
        let share = meter.total > 0 ? meter.done * 10 / meter.total : 10
        if meter.phase != phase {
            end()
            phase = meter.phase
            tenth = 0
        }
        let isDone = meter.done == meter.total
        if isLive {
            guard isOpen || !isDone || tenth < 10 else { return }
            StandardError.write("\r\u{1b}[K" + meter.liveLine + (isDone ? "\n" : ""))
            isOpen = !isDone
            if isDone { tenth = 10 }
        } else if share > tenth {
            tenth = share
            StandardError.write(prefix + meter.line + "\n")
        }
    }
}
