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
        var taken = 0
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

    let monitor = Monitor(State())
    let ring: ByteRing

    /// - Precondition: `capacity` is at least 64 KiB, four times what libcurl hands over at once.
    init(capacity: Int) {
        precondition(capacity >= 64 * 1024, "the ring holds several pieces")
        ring = ByteRing(capacity: capacity)
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
