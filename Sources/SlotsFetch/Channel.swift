import Slots

/// What passes between the consumer's thread and the worker's: jobs one way, bytes the other.
///
/// Bytes are counted from the channel's beginning. Of those, `taken..<written` lie in the ring and
/// belong to the consumer; the rest of the circle belongs to the worker. A new job makes a new
/// generation: what the worker still has in hand for an older one is dropped, not delivered.
final class Channel: Sendable {
    struct State {
        var generation = 0
        /// Not begun yet.
        var job: Job?
        var written = 0
        /// The worker may use the circle up to here, a round later.
        var taken = 0
        /// Where the pieces begin that were lent and are still held.
        var lent: [Int] = []
        /// What the consumer was given, in whatever way.
        var consumed = 0
        /// Bytes before it that stay as well, once anything was lent.
        var lead = 0
        /// Bytes the waiting consumer waits for; 0 when it does not wait.
        var need = 0
        /// The worker found no room and waits for some.
        var isPaused = false
        /// How the current job ended; set once all its bytes are written.
        var end: JobEnd?
        var facts: BundleFacts?
        var traffic = Traffic()
        var isClosed = false
        /// Interrupts the worker's wait for the network. Present while its handle lives.
        var waker: CurlWaker?
    }

    /// Bytes that stay before what is lent next: it may begin inside a sector.
    static let lead = 4096

    let monitor = Monitor(State())
    let ring: ByteRing

    /// - Precondition: `capacity` is at least 64 KiB, four times what libcurl hands over at once.
    init(capacity: Int) {
        precondition(capacity >= 64 * 1024, "the ring holds several pieces")
        ring = ByteRing(capacity: capacity)
    }
}

extension Channel.State {
    /// Gives the worker what nobody holds any more; wakes it once half the ring is free, not for
    /// every crumb. True when it is to be signalled.
    mutating func giveBack(_ capacity: Int) -> Bool {
        taken = max(taken, min(consumed, lent.min() ?? consumed) - lead)
        guard isPaused, capacity - (written - taken) >= capacity / 2 else { return false }
        isPaused = false
        waker?.wake()
        return true
    }
}

/// A piece of the way in the ring: the worker does not get it back while somebody holds this.
final class LentPiece: SharedBytes {
    let lead: Int
    let count: Int
    private let channel: Channel
    private let start: Int

    /// The piece was joined, and entered among the lent ones at `start`.
    init(of channel: Channel, at start: Int, count: Int, lead: Int) {
        self.channel = channel
        self.start = start
        self.count = count
        self.lead = lead
    }

    deinit {
        let isDue = channel.monitor.withLock { state in
            if let place = state.lent.firstIndex(of: start) { state.lent.remove(at: place) }
            return state.giveBack(channel.ring.capacity)
        }
        if isDue { channel.monitor.signal(.worker) }
    }

    func withBytes<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try channel.ring.withBytes(count, at: start, body)
    }
}

/// Parts of the bundle to fetch, delivered end to end.
struct Job: Sendable, Hashable {
    var parts: [Request]
}

enum JobEnd: Sendable, Hashable {
    case complete
    case failed(SourceError)
}

/// What the first answer says about the bundle.
struct BundleFacts: Sendable, Hashable {
    /// Bytes, where known.
    var total: Int?
    /// Whether parts can be asked for.
    var acceptsRanges: Bool
    /// The opening job delivers the whole file, whatever part it asked for.
    var isStream: Bool

    static var unknown: Self { Self(total: nil, acceptsRanges: false, isStream: true) }
}
