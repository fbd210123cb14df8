import API
import Slots
import Syscalls

/// Starts an operation on a node and stays with it as long as was asked.
struct Operating: Sendable {
    let isWaiting: Bool
    let timeout: Duration
    let reboots: Bool

    init(_ wait: WaitOptions, reboots: Bool) {
        isWaiting = wait.wait
        timeout = wait.timeout.duration
        self.reboots = reboots
    }

    /// What came of it, for one node.
    struct Outcome: Sendable {
        var operation: Keel_V1_Operation
        var ending: Waiting.Ending?
    }

    /// Asks the node for its boot first: after a restart another one answers.
    func run(
        _ session: NodeSession,
        _ start: @Sendable (NodeSession) async throws(CommandError) -> Keel_V1_Operation
    ) async throws(CommandError) -> Outcome {
        let bootID = isWaiting ? try await session.status().bootID : ""
        return try await follow(session, try await start(session), bootID: bootID)
    }

    /// Stays with an operation that is under way.
    func follow(
        _ session: NodeSession,
        _ operation: Keel_V1_Operation,
        bootID: String
    ) async throws(CommandError) -> Outcome {
        guard isWaiting else { return Outcome(operation: operation) }
        let waiter = Waiter(session, timeout: timeout)
        if session.isAlone, Terminal.isError, !operation.hasEnded {
            waiter.progress.say(
                "Operation \(operation.id) goes on when you leave; "
                    + "'osctl upgrade --attach' watches it again."
            )
        }
        let watched = try await waiter.operation(operation)
        let last = watched.operation
        let isOver = last.state == .succeeded || last.phase == .rebooting
        guard isOver else {
            throw last.hasEnded ? .operation(last) : .waited(.unfinished(watched))
        }
        guard try await restarts(session, last, bootID) else { return Outcome(operation: last) }
        let goal = Waiting.Goal(bootID: bootID, digest: last.digest, version: last.version)
        let ending = await waiter.restart(goal)
        guard ending.isGood else { throw .waited(ending) }
        return Outcome(operation: last, ending: ending)
    }

    /// Whether the machine starts again, or did so while nobody saw the operation.
    ///
    /// One that ended in the boot in which it began needed no restart.
    private func restarts(
        _ session: NodeSession,
        _ operation: Keel_V1_Operation,
        _ bootID: String
    ) async throws(CommandError) -> Bool {
        if operation.phase == .rebooting { return true }
        guard reboots else { return false }
        return try await session.status().bootID != bootID
    }

    /// A name that no other request has.
    static func requestID(_ given: String?) throws(CommandError) -> String {
        if let given { return given }
        do { return try RandomSource.bytes(16).hex } catch {
            throw .file("read", "the random source", error)
        }
    }
}

extension Operating.Outcome {
    /// What happened, then what is true now.
    var shown: Shown {
        if !operation.hasEnded, ending == nil {
            return .text("The \(operation.kind.word) goes on as operation \(operation.id).")
        }
        let outcome = operation.outcome
        let first = outcome.isEmpty ? OperationReport(operation).short + "." : outcome
        return .text(first + (ending.map { " " + $0.sentence } ?? ""))
    }
}

extension Waiting.Ending {
    /// The time was over before the operation was.
    static func unfinished(_ watched: Waiter.Watched) -> Waiting.Ending {
        let operation = watched.operation
        let short = OperationReport(operation).short
        return .unknown(
            watched.isSilent
                ? "the node does not answer (last seen: \(short))"
                : "the \(operation.kind.word) goes on (\(short))"
        )
    }
}
