import Synchronization

/// The calls under way on one listener: counted, watched, ended together.
final class ActiveCalls: Sendable {
    private struct State {
        var calls: [UInt64: ServedCall] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let most: Int
    /// Reached when the last call has ended after `close`.
    let ended = End()

    init(atMost most: Int) {
        self.most = most
    }

    /// False when there are as many as there may be.
    func add(_ call: ServedCall) -> Bool {
        state.withLock { state in
            guard state.calls.count < most, !state.isClosed else { return false }
            state.calls[call.id] = call
            return true
        }
    }

    func remove(_ call: ServedCall) {
        let isLast = state.withLock { state in
            state.calls[call.id] = nil
            return state.isClosed && state.calls.isEmpty
        }
        if isLast { ended.reached() }
    }

    var all: [ServedCall] { state.withLock { Array($0.calls.values) } }

    /// Takes no more calls.
    func close() {
        let isEmpty = state.withLock { state in
            state.isClosed = true
            return state.calls.isEmpty
        }
        if isEmpty { ended.reached() }
    }

    /// Once a second, until the task is cancelled: ends calls whose clients take too long, and
    /// streams that the gate admits no more.
    func watch() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            let now = ContinuousClock.now
            for call in all {
                call.checkPatience(now)
                call.review()
            }
        }
    }
}
