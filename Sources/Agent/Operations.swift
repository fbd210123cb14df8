import API
import Logging
import Slots
import Synchronization
import Syscalls

/// The node's operations: one at a time, each on a thread of its own, each kept on the disk before
/// anybody hears of it.
///
/// Invariants: at most one operation is not over; what a client was told is durable; only the
/// thread of an operation changes it.
final class Operations: Sendable {
    /// Ended operations that are kept.
    static let kept = 64

    struct State {
        /// Oldest first.
        var all: [StoredOperation] = []
        /// The one that is not over, and who asked it to stop.
        var active: String?
        var isCancelled = false
        var isStopping = false
        /// Somebody changes the disk without being an operation.
        var isClaimed = false
        var watchers: [String: [UInt64: AsyncStream<Keel_V1_Operation>.Continuation]] = [:]
        var watcherCount: UInt64 = 0
    }

    let store: OperationStore
    let state = Mutex(State())
    let logger: Logger
    /// Of this boot.
    let bootID: String
    let work: any Work

    init(store: OperationStore, work: any Work, bootID: String, logger: Logger) {
        self.store = store
        self.work = work
        self.bootID = bootID
        self.logger = logger
    }

    /// Starts an operation, or joins the one that the same request id started.
    func start(
        _ order: Order,
        by subject: String
    ) throws(CallFailure) -> (operation: Keel_V1_Operation, joined: Bool) {
        let found: Result<Found, CallFailure> = state.withLock { state in
            Self.find(order, by: subject, bootID: bootID, in: &state)
        }
        let stored: StoredOperation
        switch try found.get() {
        case .joined(let operation): return (operation, true)
        case .new(let new): stored = new
        }
        do { try store.save(stored) } catch {
            state.withLock { state in
                state.all.removeAll { $0.id == stored.id }
                state.active = nil
            }
            throw CallFailure(error)
        }
        begin(stored)
        return (stored.operation, stored.takenUp > 0)
    }

    /// Newest first.
    func list() -> [Keel_V1_Operation] {
        state.withLock { $0.all.reversed().map(\.operation) }
    }

    /// The one that is not over.
    var active: Keel_V1_Operation? {
        state.withLock { state in state.all.last { $0.id == state.active }?.operation }
    }

    /// Asks the operation to stop at the next safe point; one that is over stays as it is.
    func cancel(_ id: String) throws(CallFailure) -> Keel_V1_Operation {
        let operation = state.withLock { state -> Keel_V1_Operation? in
            guard let stored = state.all.first(where: { $0.id == id }) else { return nil }
            if state.active == id { state.isCancelled = true }
            return stored.operation
        }
        guard let operation else {
            throw CallFailure(.notFound, "there is no operation \"\(id)\" on this node.")
        }
        return operation
    }

    /// Keeps operations away while `body` changes the disk; refuses when one is under way.
    func exclusively<Result: Sendable>(
        _ body: @escaping @Sendable () throws(AgentError) -> Result
    ) async throws(CallFailure) -> Result {
        let busy = state.withLock { state -> CallFailure? in
            if let active = state.all.last(where: { $0.id == state.active }) {
                return active.operation.busy
            }
            if state.isClaimed { return CallFailure(.busy, "refused: the disk is being changed.") }
            state.isClaimed = true
            return nil
        }
        if let busy { throw busy }
        defer { state.withLock { $0.isClaimed = false } }
        do throws(AgentError) { return try await Offload.run("change", body) } catch {
            throw CallFailure(error)
        }
    }

    /// Tells the running operation to stop without ending it: the next start takes it up. True when
    /// none runs any more.
    func stop() -> Bool {
        state.withLock { state in
            state.isStopping = true
            return state.active == nil
        }
    }

    /// Runs an operation that stands in `state` already, on a thread of its own.
    func begin(_ stored: StoredOperation) {
        let handle = OperationHandle(self, stored)
        do {
            _ = try Thread("operation") { [work] in handle.run(work) }
        } catch {
            handle.end(failed: .file("start a thread for", "the operation", error), truth: "")
        }
    }

    private enum Found {
        case joined(Keel_V1_Operation)
        case new(StoredOperation)
    }

    private static func find(
        _ order: Order,
        by subject: String,
        bootID: String,
        in state: inout State
    ) -> Result<Found, CallFailure> {
        let same = state.all.last {
            !order.requestID.isEmpty && $0.operation.requestID == order.requestID
        }
        if let same, same.operation.kind != order.kind {
            return .failure(
                CallFailure(.badRequest, "the request id was used for another kind of operation.")
            )
        }
        if let same, same.operation.state != .interrupted {
            return .success(.joined(same.operation))
        }
        if let active = state.all.last(where: { $0.id == state.active }) {
            return .failure(active.operation.busy)
        }
        guard !state.isClaimed, !state.isStopping else {
            return .failure(CallFailure(.busy, "refused: the disk is being changed."))
        }
        var operation = same?.operation ?? Keel_V1_Operation()
        if same == nil {
            operation.id = Ids.make()
            operation.kind = order.kind
            operation.startedBy = subject
            operation.started = Int64(Timestamp.now.seconds)
            operation.requestID = order.requestID
            operation.source = order.source
        }
        operation.clearError()
        operation.outcome = ""
        operation.ended = 0
        operation.state = order.notBefore > Int64(Timestamp.now.seconds) ? .pending : .running
        operation.phase = operation.state == .pending ? .waiting : .verifying
        operation.bootID = bootID
        let stored = StoredOperation(
            operation: operation,
            order: order,
            isSecretWithheld: order != order.withoutSecrets,
            takenUp: same == nil ? 0 : 1
        )
        state.all.removeAll { $0.id == stored.id }
        state.all.append(stored)
        state.active = stored.id
        state.isCancelled = false
        return .success(.new(stored))
    }
}
