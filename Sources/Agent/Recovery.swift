import API
import Logging
import Slots

/// What becomes of an operation that was not over when the agent ended, decided from what was kept
/// and from what the disk says. Pure.
enum Recovery: Equatable {
    /// Run it again: the disk is the checkpoint, so no finished step is repeated.
    case takeUp
    /// It had done everything; only nobody could say so.
    case finished(String)
    /// Everything is in place, the reboot did not come.
    case reboot(String)
    /// It is left as it is, and says what is true.
    case interrupted(String)

    /// Starts of the agent that may take up one operation.
    static let limit = 3

    static func decide(_ stored: StoredOperation, node: Node, bootID: String) -> Recovery {
        let operation = stored.operation
        let isSameBoot = operation.bootID == bootID
        if operation.phase == .rebooting {
            return isSameBoot
                ? .reboot(operation.outcome)
                : .finished("The machine was restarted. " + node.bootSentence)
        }
        if operation.phase == .activating, stored.order.kind != .upgradeLoader {
            return afterActivating(stored, node, isSameBoot: isSameBoot)
        }
        if stored.order.isDryRun { return .interrupted("The agent ended. Nothing was written.") }
        if stored.isSecretWithheld {
            return .interrupted(
                "The agent ended, and the source's secret is not kept. " + truth(node)
            )
        }
        guard stored.takenUp < limit else {
            return .interrupted(
                "The agent ended \(stored.takenUp + 1) times while it ran. " + truth(node)
            )
        }
        return .takeUp
    }

    /// Whether the record took the change is read from the record.
    private static func afterActivating(
        _ stored: StoredOperation,
        _ node: Node,
        isSameBoot: Bool
    ) -> Recovery {
        let operation = stored.operation
        let target = Slot.allCases.first { $0.description == operation.target }
        guard stored.order.kind != .rollback, let target else {
            return .interrupted("The agent ended while it went back. " + node.bootSentence)
        }
        let holds = node.contents[target].release?.digest.hex == operation.digest
        guard isSameBoot else {
            // A try may have been used up meanwhile: arming it again would be another decision.
            return holds
                ? .finished("The machine was restarted meanwhile. " + node.bootSentence)
                : .interrupted("The agent ended. " + truth(node))
        }
        if holds, node.next == target {
            let outcome = "\(operation.version) is installed. " + node.bootSentence
            return stored.order.reboots ? .reboot(outcome) : .finished(outcome)
        }
        return stored.isSecretWithheld
            ? .interrupted("The agent ended. " + truth(node)) : .takeUp
    }

    private static func truth(_ node: Node) -> String {
        guard let target = node.running?.other, node.record?[target] == SlotState.none else {
            return node.bootSentence
        }
        return "Slot \(target) is not bootable; the same request takes up where this one stopped. "
            + node.bootSentence
    }
}

extension Operations {
    /// Reads what the agent before this one left, and takes up or closes what was not over.
    func recover(_ place: Place) throws(StateError) {
        let stored = try store.load()
        state.withLock { $0.all = stored }
        for operation in stored.suffix(1) where !operation.operation.isOver {
            recover(operation, place)
        }
        for operation in stored.dropLast(1) where !operation.operation.isOver {
            // Only the newest can have been running; an older one lost its last word.
            settle(operation, .interrupted("The agent ended. " + Truth.now(place)))
        }
    }

    /// Writes down what the firmware decided while nobody ran, and makes the copies of the boot
    /// record agree: what opening the engine does. Not in a trial, of which nothing is certain yet;
    /// an operation that was taken up does it by itself.
    func noteVerdicts(_ place: Place) async throws(CallFailure) {
        guard active == nil else { return }
        try await exclusively { () throws(AgentError) in
            let bench = try Bench(place, writing: true)
            guard try bench.node().standing == .trusted else { return }
            _ = try bench.openEngine()
        }
    }

    private func recover(_ stored: StoredOperation, _ place: Place) {
        do throws(AgentError) {
            let node = try Bench(place, writing: false).node()
            settle(stored, Recovery.decide(stored, node: node, bootID: bootID))
        } catch {
            let words = "The agent ended, and the disk does not tell what is true now: "
            settle(stored, .interrupted(words + error.sentence))
        }
    }

    private func settle(_ stored: StoredOperation, _ decision: Recovery) {
        logger.notice(
            "An operation was not over when the agent ended",
            metadata: ["operation": "\(stored.id)", "decision": "\(decision)"]
        )
        var stored = stored
        stored.operation.bootID = bootID
        switch decision {
        case .takeUp:
            stored.takenUp += 1
            stored.operation.clearProgress()
            keep(stored, isActive: true)
            begin(stored)
        case .reboot(let outcome):
            keep(stored, isActive: true)
            OperationHandle(self, stored).rebootAgain(outcome, work)
        case .finished(let outcome):
            stored.operation.state = .succeeded
            stored.operation.outcome = outcome
            end(stored)
        case .interrupted(let outcome):
            stored.operation.state = .interrupted
            stored.operation.outcome = outcome
            end(stored)
        }
    }

    private func end(_ stored: StoredOperation) {
        var stored = stored
        if stored.operation.state == .succeeded { stored.operation.phase = .done }
        stored.operation.ended = Int64(Timestamp.now.seconds)
        keep(stored, isActive: false)
    }

    private func keep(_ stored: StoredOperation, isActive: Bool) {
        state.withLock { state in
            state.all.removeAll { $0.id == stored.id }
            state.all.append(stored)
            if isActive { state.active = stored.id }
        }
        do { try store.save(stored) } catch {
            logger.error(
                "The operation could not be kept",
                metadata: ["operation": "\(stored.id)", "error": "\(error.words)"]
            )
        }
    }
}
