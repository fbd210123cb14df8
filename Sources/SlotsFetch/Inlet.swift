import Slots

/// The worker's end of a channel. Used on the worker's thread alone.
final class Inlet {
    /// Bytes written before the consumer is told in the middle of a transfer.
    private static let batch = 256 * 1024

    private let channel: Channel
    private var generation = 0
    /// As in the state, but ahead of it by what was not published yet.
    private var written = 0
    private var published = 0
    private var taken = 0
    /// Of all finished requests.
    private var traffic = Traffic()
    /// Of the current request, as far as it shows.
    private var current = Traffic()

    init(_ channel: Channel) {
        self.channel = channel
    }

    enum Offer: Sendable {
        case accepted
        /// No room; nothing was taken.
        case full
        /// The consumer wants something else by now.
        case dropped
    }

    /// Makes the worker's wait for the network interruptible, or, with `nil`, says that its
    /// handle is about to go.
    func attach(_ waker: CurlWaker?) {
        channel.monitor.withLock { $0.waker = waker }
    }

    /// Waits for the next job; `nil` when the consumer is gone.
    func nextJob() -> Job? {
        let next: (job: Job?, generation: Int, written: Int, taken: Int) =
            channel.monitor.wait(.worker) { state in
                guard state.job != nil || state.isClosed else { return nil }
                let job = state.isClosed ? nil : state.job
                state.job = nil
                return (job, state.generation, state.written, state.taken)
            }
        generation = next.generation
        written = next.written
        published = next.written
        taken = next.taken
        return next.job
    }

    /// Takes all of `bytes`, or none.
    func offer(_ bytes: UnsafeRawBufferPointer) -> Offer {
        let count = bytes.count
        guard makeRoom(for: count) else { return isCancelled ? .dropped : .full }
        // Sound: `makeRoom` says that the next `count` bytes of the circle are the worker's.
        unsafe channel.ring.store(bytes, at: written)
        written += count
        current.bytes += count
        if written - published >= Self.batch { publish() }
        return .accepted
    }

    /// Waits until there is room again after `.full`; `false` when nobody wants the bytes.
    func waitForRoom() -> Bool {
        let generation = generation
        return channel.monitor.wait(.worker) { state in
            if state.generation != generation { return false }
            return state.isPaused ? nil : true
        }
    }

    /// Whether there is room again after `.full`.
    var hasRoom: Bool { channel.monitor.withLock { !$0.isPaused } }

    /// Whether the consumer asked for something else, or is gone.
    var isCancelled: Bool {
        let generation = generation
        return channel.monitor.withLock { $0.generation != generation }
    }

    /// Shows the consumer what was written and counted so far.
    func publish() {
        let isDue = channel.monitor.withLock { show(&$0) }
        if isDue { channel.monitor.signal(.consumer) }
    }

    func learn(_ facts: BundleFacts) {
        channel.monitor.withLock { if $0.generation == generation { $0.facts = facts } }
        channel.monitor.signal(.consumer)
    }

    /// Ends the current job.
    func settle(_ end: JobEnd) {
        channel.monitor.withLock { state in
            _ = show(&state)
            guard state.generation == generation else { return }
            state.end = end
            state.need = 0
        }
        channel.monitor.signal(.consumer)
    }

    /// Counts a request that was answered, before it is finished.
    func begin(_ answered: Traffic) {
        current = answered
    }

    /// Adds a finished request, in place of what showed of it before.
    func count(_ finished: Traffic) {
        traffic.add(finished)
        current = Traffic()
        publish()
    }

    /// Waits before another attempt; `false` when nobody wants it any more.
    func rest(for delay: Duration) -> Bool {
        let generation = generation
        let isCancelled: Bool? = channel.monitor.wait(.worker, atMost: delay) { state in
            state.generation != generation ? true : nil
        }
        return isCancelled == nil
    }

    /// Learns what the consumer has taken; asks to be woken when that is not enough.
    private func makeRoom(for count: Int) -> Bool {
        let capacity = channel.ring.capacity
        if written + count - taken <= capacity { return true }
        let (hasRoom, isDue) = channel.monitor.withLock { state in
            let isDue = show(&state)
            guard state.generation == generation else { return (false, false) }
            taken = state.taken
            let hasRoom = written + count - taken <= capacity
            state.isPaused = !hasRoom
            return (hasRoom, isDue)
        }
        if isDue { channel.monitor.signal(.consumer) }
        return hasRoom
    }

    /// True when the consumer waits for no more than there is now.
    private func show(_ state: inout Channel.State) -> Bool {
        state.traffic = traffic
        state.traffic.add(current)
        guard state.generation == generation else { return false }
        state.written = written
        published = written
        guard state.need > 0, written - state.taken >= state.need else { return false }
        state.need = 0
        return true
    }
}

extension Traffic {
    fileprivate mutating func add(_ other: Traffic) {
        bytes += other.bytes
        requests += other.requests
        retries += other.retries
    }
}
