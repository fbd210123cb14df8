public import Slots
import Synchronization
import Syscalls

/// Hashes many pieces on two threads, the caller's and one of its own: SHA-256 is the slowest part
/// of an install, and one core does not keep up with a fast network and a fast disk.
public final class HashTeam: Hashing {
    /// Bytes for which waking a thread is worth it.
    private static let worthwhile = 128 << 10

    private let hashing: any Hashing
    private let batches = Channel<Batch>(capacity: 2)
    private let helper: Mutex<Thread?>

    /// Where the system gives no second thread, the caller does all of it.
    public init(_ hashing: any Hashing) {
        self.hashing = hashing
        let batches = batches
        let thread: Thread?
        do throws(Errno) {
            thread = try Thread("keel-sum") {
                while let batch = batches.receive() { batch.work(hashing) }
            }
        } catch {
            thread = nil
        }
        helper = Mutex(thread)
    }

    deinit {
        batches.close()
        helper.withLock { $0.take()?.join() }
    }

    public func sha256(_ bytes: Span<UInt8>) -> Digest { hashing.sha256(bytes) }

    public func hashBlocks(
        _ blocks: Span<UInt8>,
        salt: Span<UInt8>,
        into digests: inout MutableSpan<UInt8>
    ) {
        hashing.hashBlocks(blocks, salt: salt, into: &digests)
    }

    public func digests(of bytes: any SharedBytes, in ranges: [Range<Int>]) -> [Digest] {
        let isLarge = ranges.reduce(0) { $0 + $1.count } >= Self.worthwhile
        guard ranges.count > 1, isLarge, helper.withLock({ $0 != nil }) else {
            return hashing.digests(of: bytes, in: ranges)
        }
        let batch = Batch(bytes, ranges)
        batches.send(batch)
        batch.work(hashing)
        return batch.result()
    }
}

/// Pieces to hash, shared by whoever has time.
private final class Batch: Sendable {
    private struct State {
        /// Given back at the end, so that the caller owns its buffer alone again.
        var bytes: (any SharedBytes)?
        var next = 0
        /// Taken, and not hashed yet.
        var open = 0
        var digests: [Digest?]
    }

    private let ranges: [Range<Int>]
    private let state: Mutex<State>
    private let isDone = Semaphore(0)

    init(_ bytes: any SharedBytes, _ ranges: [Range<Int>]) {
        self.ranges = ranges
        state = Mutex(State(bytes: bytes, digests: Array(repeating: nil, count: ranges.count)))
    }

    /// Hashes pieces until none is left to take.
    func work(_ hashing: any Hashing) {
        while let (number, bytes) = take() {
            put(digest(of: consume bytes, ranges[number], hashing), number)
        }
    }

    /// Lets go of the bytes before the digest is put: with the last one the caller has them alone.
    private func digest(
        of bytes: consuming any SharedBytes,
        _ range: Range<Int>,
        _ hashing: any Hashing
    ) -> Digest {
        bytes.withBytes { hashing.sha256($0.extracting(range)) }
    }

    /// Waits for what others still have in hand.
    func result() -> [Digest] {
        isDone.wait()
        return state.withLock { $0.digests.compactMap(\.self) }
    }

    private func take() -> (number: Int, bytes: any SharedBytes)? {
        state.withLock { state in
            guard state.next < ranges.count, let bytes = state.bytes else { return nil }
            defer { (state.next, state.open) = (state.next + 1, state.open + 1) }
            return (state.next, bytes)
        }
    }

    private func put(_ digest: Digest, _ number: Int) {
        let isLast = state.withLock { state in
            state.digests[number] = digest
            state.open -= 1
            guard state.open == 0, state.next == ranges.count else { return false }
            state.bytes = nil
            return true
        }
        if isLast { isDone.signal() }
    }
}
