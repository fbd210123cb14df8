import API
import Logging
import Slots
import Synchronization
import Syscalls

/// An operation in the hands of its thread: how work tells what it does, and learns that it should
/// stop.
final class OperationHandle: Sendable {
    let id: String
    let order: Order
    private let operations: Operations
    private let armed = Atomic(false)

    init(_ operations: Operations, _ stored: StoredOperation) {
        self.operations = operations
        id = stored.id
        order = stored.order
    }

    /// Asked at every safe point.
    var isCancelled: Bool { operations.state.withLock { $0.isCancelled || $0.isStopping } }

    /// Whether the work changed what boots next.
    var isArmed: Bool { armed.load(ordering: .acquiring) }

    func arm() { armed.store(true, ordering: .releasing) }

    /// The next phase: durable, and told to everybody who watches.
    func enter(_ phase: Keel_V1_Operation.Phase) {
        keep { operation in
            guard operation.phase != phase else { return }
            operation.phase = phase
            operation.clearProgress()
        }
    }

    /// What was found out on the way: durable, and told to everybody who watches.
    func keep(_ change: (inout Keel_V1_Operation) -> Void) {
        guard let stored = operations.change(id, change) else { return }
        do { try operations.store.save(stored) } catch {
            operations.logger.error(
                "The operation could not be kept",
                metadata: ["operation": "\(id)", "error": "\(error.words)"]
            )
        }
        operations.tell(stored.operation)
    }

    /// What the phase waits for: told, not kept.
    func tell(waitingFor words: String) {
        guard let stored = operations.change(id, { $0.waitingFor = words }) else { return }
        operations.tell(stored.operation)
    }

    /// How far it is: told, not kept.
    func show(_ progress: Keel_V1_Progress, in phase: Keel_V1_Operation.Phase) {
        guard let stored = operations.change(id, { $0.progress = progress }) else { return }
        operations.tell(stored.operation)
    }

    /// The whole life of the operation.
    func run(_ work: any Work) {
        guard wait() else { return stopOrCancel(truth: "Nothing was written.") }
        keep { operation in
            operation.state = .running
            if operation.phase == .waiting { operation.phase = .verifying }
        }
        let truth = Truth(before: work.place)
        do throws(AgentError) {
            switch try work.perform(order, self) {
            case .done(let outcome): finish(outcome)
            case .rebooting(let outcome): try reboot(outcome, work)
            }
        } catch .cancelled {
            stopOrCancel(truth: truth.sentence)
        } catch .update(.cancelled) {
            stopOrCancel(truth: truth.sentence)
        } catch {
            end(failed: error, truth: truth.sentence)
        }
    }

    /// The next start of the agent, in the next boot, calls the operation done.
    private func reboot(_ outcome: String, _ work: any Work) throws(AgentError) {
        keep { operation in
            operation.phase = .rebooting
            operation.outcome = outcome
        }
        try work.reboot(after: outcome, id)
    }

    /// Everything was done before the agent ended, but for the reboot.
    func rebootAgain(_ outcome: String, _ work: any Work) {
        do throws(AgentError) { try reboot(outcome, work) } catch {
            end(failed: error, truth: "")
        }
    }

    /// Waits for `not_before`. False when it was told to stop.
    private func wait() -> Bool {
        // The wall clock may be set meanwhile, so it is looked at again and again.
        while order.notBefore > Int64(Timestamp.now.seconds) {
            if isCancelled { return false }
            MonotonicTime.sleep(.milliseconds(200))
        }
        return !isCancelled
    }

    /// Cancelled by somebody, or left as it is for the next start of the agent.
    private func stopOrCancel(truth: String) {
        guard operations.state.withLock({ $0.isCancelled }) else { return operations.leave(id) }
        end(failed: .cancelled, truth: truth)
    }

    private func finish(_ outcome: String) {
        close { operation in
            operation.state = .succeeded
            operation.outcome = outcome
        }
    }

    func end(failed error: AgentError, truth: String) {
        let failure = CallFailure(error, truth: truth)
        close { operation in
            operation.state = failure.detail.reason == .cancelled ? .cancelled : .failed
            operation.error = failure.detail
        }
    }

    private func close(_ change: (inout Keel_V1_Operation) -> Void) {
        keep { operation in
            change(&operation)
            operation.phase = .done
            operation.ended = Int64(Timestamp.now.seconds)
        }
        operations.close(id)
    }
}

extension Operations {
    /// Changes an operation in memory; answers with how it stands then.
    func change(
        _ id: String,
        _ change: (inout Keel_V1_Operation) -> Void
    ) -> StoredOperation? {
        state.withLock { state in
            guard let index = state.all.lastIndex(where: { $0.id == id }) else { return nil }
            change(&state.all[index].operation)
            return state.all[index]
        }
    }

    /// The operation is over: the next one may begin, those who watch are let go, old ones are
    /// forgotten.
    func close(_ id: String) {
        let (watchers, old) = state.withLock { state in
            let watchers = state.watchers.removeValue(forKey: id) ?? [:]
            if state.active == id { state.active = nil }
            let count = max(0, state.all.count - Self.kept - (state.active == nil ? 0 : 1))
            let old = state.all.prefix(count).map(\.id)
            state.all.removeFirst(count)
            return (watchers, old)
        }
        for watcher in watchers.values { watcher.finish() }
        for id in old { forget(id) }
    }

    /// The agent ends: the operation stays on the disk as it is, to be taken up.
    func leave(_ id: String) {
        let watchers = state.withLock { state in
            if state.active == id { state.active = nil }
            return state.watchers.removeValue(forKey: id) ?? [:]
        }
        for watcher in watchers.values { watcher.finish() }
    }

    private func forget(_ id: String) {
        do { try store.remove(id) } catch {
            logger.warning(
                "An old operation could not be removed",
                metadata: ["operation": "\(id)", "error": "\(error.words)"]
            )
        }
    }
}
