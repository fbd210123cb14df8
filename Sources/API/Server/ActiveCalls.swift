import Synchronization

/// The calls on one listener: counted, watched, ended together.
final class ActiveCalls: Sendable {
    private struct State {
        /// Until the core is done with them.
        var calls: [UInt64: ServedCall] = [:]
        var counts: CallCounts
        var isClosed = false
    }

    private let state: Mutex<State>
    /// Reached when the last call has ended after `close`.
    let ended = End()

    init(atMost most: Int, each share: Int) {
        state = Mutex(State(counts: CallCounts(atMost: most, each: share)))
    }

    /// Why the call is not taken; nil when it is.
    func add(_ call: ServedCall) -> String? {
        state.withLock { state in
            guard !state.isClosed else { return "the node takes no more calls here." }
            if let refusal = state.counts.begin(call.connection) { return refusal }
            state.calls[call.id] = call
            return nil
        }
    }

    /// Nothing but the call's status is left to send.
    func answer(_ call: ServedCall) {
        state.withLock { $0.counts.answer(call.connection) }
    }

    /// Forgets a call that was answered.
    func remove(_ call: ServedCall) {
        let isLast = state.withLock { state in
            state.calls[call.id] = nil
            state.counts.end()
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

/// How many calls there are, in all and of each connection.
///
/// A call is under way until its status leaves: a client that has an answer may make another call,
/// however long the core takes to say that the answer has left. Calls that only wait for that word
/// are bounded too, by as many again.
struct CallCounts {
    private let most: Int
    /// For one connection.
    private let share: Int
    private var underWay = 0
    private var answered = 0
    private var shares: [String: Int] = [:]

    init(atMost most: Int, each share: Int) {
        self.most = most
        self.share = share
    }

    /// Why a call is not taken; nil when it is.
    mutating func begin(_ connection: String) -> String? {
        guard underWay < most, underWay + answered < 2 * most else {
            return "the node has \(most) calls under way: as many as it takes."
        }
        guard shares[connection, default: 0] < share else {
            return "this connection has \(share) calls under way: as many as the node takes."
        }
        shares[connection, default: 0] += 1
        underWay += 1
        return nil
    }

    /// A call's status leaves.
    mutating func answer(_ connection: String) {
        underWay -= 1
        answered += 1
        guard let count = shares[connection] else { return }
        shares[connection] = count > 1 ? count - 1 : nil
    }

    /// The core is done with a call that was answered.
    mutating func end() { answered -= 1 }

    var isEmpty: Bool { underWay == 0 && answered == 0 && shares.isEmpty }
}
