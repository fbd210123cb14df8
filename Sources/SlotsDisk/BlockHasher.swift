import Slots
import Synchronization
import Syscalls

/// Reads blocks and hashes them on several threads: while one waits for the disk another hashes.
struct BlockHasher {
    /// Bytes read and hashed at once: small enough to stay in a core's own cache between the two.
    private static let pieceSize = 128 << 10
    private static let threadCount = 3
    private static let blockSize = 4096

    private let medium: Medium
    private let hashing: any Hashing
    /// One for each thread, kept between calls.
    private let buffers = Channel<AlignedBuffer>(capacity: threadCount)

    init(_ medium: Medium, _ hashing: any Hashing) {
        self.medium = medium
        self.hashing = hashing
        for _ in 0..<Self.threadCount { buffers.send(AlignedBuffer(byteCount: Self.pieceSize)) }
    }

    /// Returns at once, or where the system gives no thread when all is done.
    func begin(_ blocks: Range<Int>, salt: [UInt8]) -> any ComingHashes {
        let work = Work(blocks, salt: salt, medium, hashing)
        let pieces = (blocks.count * Self.blockSize + Self.pieceSize - 1) / Self.pieceSize
        let buffers = buffers
        return Coming(work) {
            Thread.share("keel-hash", among: min(Self.threadCount, pieces)) {
                guard var buffer = buffers.receive() else { return }
                work.run(&buffer)
                buffers.send(buffer)
            }
        }
    }

    /// Work under way; whoever forgets it waits for its end, so that no read outlives its device.
    private final class Coming: ComingHashes {
        private let work: Work
        private var thread: Thread?

        init(_ work: Work, _ body: @escaping @Sendable () -> Void) {
            self.work = work
            do throws(Errno) { thread = try Thread("keel-hash", body) } catch { body() }
        }

        deinit { thread.take()?.join() }

        func wait() throws(DeviceError) -> [UInt8] {
            thread.take()?.join()
            return try work.result()
        }
    }

    /// What the threads share: which piece is next, and what they found.
    private final class Work: Sendable {
        private struct State {
            var next: Int
            var digests: [UInt8]
            var failure: DeviceError?
        }

        private let blocks: Range<Int>
        private let salt: [UInt8]
        private let medium: Medium
        private let hashing: any Hashing
        private let state: Mutex<State>

        init(_ blocks: Range<Int>, salt: [UInt8], _ medium: Medium, _ hashing: any Hashing) {
            self.blocks = blocks
            self.salt = salt
            self.medium = medium
            self.hashing = hashing
            let digests = [UInt8](repeating: 0, count: blocks.count * Digest.byteCount)
            state = Mutex(State(next: blocks.lowerBound, digests: digests))
        }

        func result() throws(DeviceError) -> [UInt8] {
            let (digests, failure) = state.withLock { ($0.digests, $0.failure) }
            if let failure { throw failure }
            return digests
        }

        func run(_ buffer: inout AlignedBuffer) {
            while let piece = take() {
                do { try hash(piece, &buffer) } catch {
                    state.withLock { $0.failure = $0.failure ?? error }
                }
            }
        }

        /// The next piece nobody has; `nil` when all are taken or one failed.
        private func take() -> Range<Int>? {
            state.withLock { state in
                guard state.failure == nil, state.next < blocks.upperBound else { return nil }
                let start = state.next
                state.next = min(start + pieceSize / blockSize, blocks.upperBound)
                return start..<state.next
            }
        }

        private func hash(
            _ piece: Range<Int>,
            _ buffer: inout AlignedBuffer
        ) throws(DeviceError) {
            let bytes = (piece.lowerBound * blockSize)..<(piece.upperBound * blockSize)
            try medium.read(bytes, into: &buffer)
            var digests = [UInt8](repeating: 0, count: piece.count * Digest.byteCount)
            var span = digests.mutableSpan
            let salt = salt
            hashing.hashBlocks(
                buffer.bytes.extracting(0..<bytes.count),
                salt: salt.span,
                into: &span
            )
            let start = (piece.lowerBound - blocks.lowerBound) * Digest.byteCount
            state.withLock {
                $0.digests.replaceSubrange(start..<(start + digests.count), with: digests)
            }
        }
    }
}
