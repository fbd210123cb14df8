import API
import Slots

extension Keel_V1_Operation {
    /// It will not change any more by itself.
    var isOver: Bool {
        switch state {
        case .succeeded, .failed, .cancelled, .interrupted: true
        case .pending, .running, .unspecified, .UNRECOGNIZED: false
        }
    }

    /// "is writing, 43 %"
    var progressWords: String {
        guard state == .running else { return "waits" }
        let share =
            hasProgress && progress.total > 0
            ? ", \(progress.bytes * 100 / progress.total) %" : ""
        return "is \(phase.words)\(share)"
    }

    /// The refusal of another one while this one runs.
    var busy: CallFailure {
        var detail = Keel_V1_ErrorDetail()
        detail.reason = .busy
        detail.sentence =
            "refused: operation \(id), started by \(startedBy) at "
            + "\(Timestamp(seconds: Int(started))), \(progressWords)."
        detail.operation = self
        return CallFailure(detail)
    }
}

extension Keel_V1_Operation.Phase {
    var words: String {
        switch self {
        case .waiting: "waiting"
        case .verifying: "verifying"
        case .scanning: "looking for what is there"
        case .writing: "writing"
        case .proving: "reading back"
        case .activating: "activating"
        case .draining: "draining"
        case .rebooting: "rebooting"
        case .done: "done"
        case .unspecified, .UNRECOGNIZED: "running"
        }
    }
}
