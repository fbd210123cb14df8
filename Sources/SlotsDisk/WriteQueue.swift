import Slots
import Synchronization
import Syscalls

/// Bytes on their way to the medium, owned by whoever holds them.
struct WritePiece: ~Copyable, Sendable {
    /// The byte `range.lowerBound` is in it, as far from the start as from its block's start.
    var buffer: AlignedBuffer
    let range: Range<Int>
}

/// Writes pieces to a medium on a thread of its own, in the order they came.
///
/// The first error stays: pieces after it are dropped, because the caller must learn that what it
/// wrote before did not land.
final class WriteQueue: Sendable {
    /// Bytes in a buffer: one direct write. Larger ones gained nothing when measured.
    static let bufferSize = 1 << 18
    /// Buffers in all, one of them being filled by the caller.
    static let bufferCount = 3

    private enum Job: ~Copyable, Sendable {
        case write(WritePiece)
        /// Whole blocks of bytes that lie elsewhere, from this one on.
        case writeShared(any SharedBytes, from: Int, to: Range<Int>)
        /// Everything before it is done.
        case report
    }

    private let medium: Medium
    private let jobs = Channel<Job>(capacity: bufferCount + 1)
    private let free = Channel<AlignedBuffer>(capacity: bufferCount)
    private let reported = Semaphore(0)
    private let failure = Mutex<DeviceError?>(nil)

    init(to medium: Medium) { self.medium = medium }

    /// Throws the first error of any piece so far.
    func check() throws(DeviceError) {
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Forgets the error: whoever asked was told that what it wrote did not land.
    ///
    /// - Precondition: nothing is on its way.
    func forget() { failure.withLock { $0 = nil } }

    /// A buffer whose piece was written, waiting for one.
    ///
    /// - Precondition: at least one is on its way.
    func reuseBuffer() -> AlignedBuffer {
        guard let buffer = free.receive() else { preconditionFailure("the writer returns buffers") }
        return buffer
    }

    func send(_ piece: consuming WritePiece) { jobs.send(.write(piece)) }

    /// Writes to `blocks`; the bytes are held until that is done.
    func send(_ bytes: any SharedBytes, from start: Int, to blocks: Range<Int>) {
        jobs.send(.writeShared(bytes, from: start, to: blocks))
    }

    /// Returns when every piece sent before was written, or dropped after an error.
    func drain() {
        jobs.send(.report)
        reported.wait()
    }

    /// Ends `run` once it has seen to everything sent before.
    func close() { jobs.close() }

    /// The writer's thread.
    func run() {
        var edge = AlignedBuffer(byteCount: medium.unit)
        while let job = jobs.receive() {
            switch consume job {
            case .write(var piece):
                if failure.withLock({ $0 == nil }) { write(&piece, &edge) }
                free.send(piece.buffer)
            case .writeShared(let bytes, let start, let blocks):
                if failure.withLock({ $0 == nil }) { write(bytes, start, blocks) }
            case .report: reported.signal()
            }
        }
    }

    private func write(_ bytes: any SharedBytes, _ start: Int, _ blocks: Range<Int>) {
        do throws(DeviceError) {
            try bytes.withBytes { (all) throws(DeviceError) in
                try medium.write(blocks, from: all.extracting(start..<(start + blocks.count)))
            }
        } catch {
            failure.withLock { $0 = error }
        }
    }

    private func write(_ piece: inout WritePiece, _ edge: inout AlignedBuffer) {
        do {
            let blocks = medium.blocks(around: piece.range)
            try complete(&piece, blocks, &edge)
            try medium.write(blocks, from: piece.buffer)
        } catch {
            failure.withLock { $0 = error }
        }
    }

    /// Reads the blocks at the edges, for the bytes of them that must not change.
    ///
    /// Earlier pieces have landed by now, so the medium has the newest of them.
    private func complete(
        _ piece: inout WritePiece,
        _ blocks: Range<Int>,
        _ edge: inout AlignedBuffer
    ) throws(DeviceError) {
        let head = piece.range.lowerBound - blocks.lowerBound
        let tail = blocks.upperBound - piece.range.upperBound
        if head > 0 {
            let first = medium.blocks(around: blocks.lowerBound..<piece.range.lowerBound)
            try medium.read(first, into: &edge)
            piece.buffer.put(edge.bytes.extracting(0..<head), at: 0)
        }
        if tail > 0 {
            let last = medium.blocks(around: piece.range.upperBound..<blocks.upperBound)
            try medium.read(last, into: &edge)
            piece.buffer.put(
                edge.bytes.extracting((last.count - tail)..<last.count),
                at: blocks.count - tail
            )
        }
    }
}
