import API
import Slots
import SlotsFetch
import Syscalls

/// Carries the engine's progress to an operation: at most five times a second, and each new phase.
///
/// Lives on the operation's thread.
final class OperationObserver: Observer {
    private static let interval: Duration = .milliseconds(200)

    private let handle: OperationHandle
    private let source: BundleSource?
    private var phase: Progress.Phase?
    private var shown: Duration = .zero
    private var last: Keel_V1_Progress?

    init(_ handle: OperationHandle, _ source: BundleSource?) {
        self.handle = handle
        self.source = source
    }

    var isCancelled: Bool { handle.isCancelled }

    func observe(_ progress: Progress) {
        let isNew = progress.phase != phase
        if isNew {
            phase = progress.phase
            handle.enter(progress.phase.message)
        }
        let now = MonotonicTime.now
        let message = message(progress)
        last = message
        guard isNew || now - shown >= Self.interval else { return }
        shown = now
        handle.show(message, in: progress.phase.message)
    }

    /// Shows how the last phase ended.
    func finish() {
        if let last, let phase { handle.show(last, in: phase.message) }
    }

    private func message(_ progress: Progress) -> Keel_V1_Progress {
        var message = Keel_V1_Progress()
        message.bytes = UInt64(clamping: progress.done)
        message.total = UInt64(clamping: progress.total)
        message.rate = Double(progress.rate)
        if let remaining = progress.remaining { message.eta = remaining / .seconds(1) }
        message.reused = UInt64(clamping: progress.reused)
        if let traffic = source?.traffic {
            message.fetched = UInt64(clamping: traffic.bytes)
            message.requests = UInt32(clamping: traffic.requests)
            message.retries = UInt32(clamping: traffic.retries)
        }
        return message
    }
}

extension Progress.Phase {
    var message: Keel_V1_Operation.Phase {
        switch self {
        case .scanning: .scanning
        case .writing: .writing
        case .proving: .proving
        }
    }
}
