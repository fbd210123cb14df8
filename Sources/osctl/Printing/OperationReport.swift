import API
import Slots

/// An operation on a node, for people.
struct OperationReport {
    let operation: Keel_V1_Operation

    init(_ operation: Keel_V1_Operation) { self.operation = operation }

    static let head = [
        "ID", "KIND", "STATE", "PHASE", "VERSION", "SLOT", "STARTED", "BY", "WHAT CAME OF IT",
    ]

    var row: [String] {
        [
            operation.id, operation.kind.word, operation.state.word,
            operation.hasEnded ? "-" : operation.phase.word, orDash(operation.version),
            orDash(operation.target), Timestamp.text(operation.started),
            orDash(operation.startedBy), result,
        ]
    }

    /// "upgrade to 1.2.0: writing 40 %"
    var short: String {
        let version = operation.version.isEmpty ? "" : " to \(operation.version)"
        guard !operation.hasEnded else {
            return "\(operation.kind.word)\(version): \(operation.state.word)"
        }
        let meter = Meter(operation)
        let share = meter.total > 0 ? " \(meter.done * 100 / meter.total) %" : ""
        return "\(operation.kind.word)\(version): \(operation.phase.word)\(share)"
    }

    /// What a dry run found out, as the local half says it.
    var plan: String {
        let plan = operation.plan
        return """
            \(operation.version) would go into slot \(operation.target). Nothing was written.
            fetch    \(plan.fetchBytes) bytes in \(plan.requests) requests
            write    \(plan.writeBytes) bytes
            in place \(plan.inPlaceBytes) bytes
            copied   \(plan.runningBytes) bytes from the running slot
            """
    }

    private var result: String {
        switch operation.state {
        case .succeeded: operation.outcome
        case .failed, .cancelled: operation.error.sentence
        case .interrupted: operation.outcome
        case .pending, .running, .unspecified, .UNRECOGNIZED: Meter(operation).shareText
        }
    }
}

extension Meter {
    fileprivate var shareText: String { total > 0 ? "\(done * 100 / total) %" : "" }
}
