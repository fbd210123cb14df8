import Synchronization

/// The calls on one listener: counted, watched, ended together.
///
/// A call is under way until its status leaves: a client that has an answer may make another call,
/// however long the core takes to say that the answer has left.
final class ActiveCalls: Sendable {
    private struct State {
        /// Until the core is done with them.
        var calls: [UInt64: ServedCall] = [:]
        var underWay = 0
        var shares: Shares
        var isClosed = false
    }

    private let state: Mutex<State>
    private let most: Int
    /// Reached when the last call has ended after `close`.
    let ended = End()

    init(atMost most: Int, each share: Int) {
        self.most = most
        state = Mutex(State(shares: Shares(atMost: share)))
    }

    /// Why the call is not taken; nil when it is.
    func add(_ call: ServedCall) -> String? {
        state.withLock { state in
            let isFull = state.underWay >= most || state.calls.count >= 2 * most
            guard !isFull, !state.isClosed else {
                return "the node has \(most) calls under way: as many as it takes."
            }
            guard state.shares.take(call.connection) else {
                let share = state.shares.most
                return "this connection has \(share) calls under way: as many as the node takes."
            }
            state.underWay += 1
            state.calls[call.id] = call
            return nil
        }
    }

    /// Counts a call no more: nothing but its status is left to send.
    func answer(_ call: ServedCall) {
        state.withLock { state in
            state.underWay -= 1
            state.shares.give(call.connection)
        }
    }

    /// Forgets a call that was answered.
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

/// How many calls each connection has.
struct Shares {
    /// For one of them.
    let most: Int
    private var counts: [String: Int] = [:]

    init(atMost most: Int) { self.most = most }

    /// False when the connection has as many as it may.
    mutating func take(_ connection: String) -> Bool {
        guard counts[connection, default: 0] < most else { return false }
        counts[connection, default: 0] += 1
        return true
    }

    mutating func give(_ connection: String) {
        guard let count = counts[connection] else { return }
        counts[connection] = count > 1 ? count - 1 : nil
    }

    var isEmpty: Bool { counts.isEmpty }
}
