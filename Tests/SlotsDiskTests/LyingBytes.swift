import Slots
import Syscalls

/// Bytes at an address that is as far into a sector as their offset on a disk, as a source lends
/// them; some that come before them among them.
final class LyingBytes: SharedBytes {
    let lead: Int
    let count: Int
    private let buffer: AlignedBuffer
    private let start: Int

    /// `shift` moves them away from where they could be written as they lie.
    init(_ bytes: [UInt8], at offset: Int, after before: ArraySlice<UInt8>, shift: Int = 0) {
        let place = 4096 + offset % 4096 + shift
        var buffer = AlignedBuffer(byteCount: place + bytes.count + 1)
        buffer.put(Array(before).span, at: place - before.count)
        buffer.put(bytes.span, at: place)
        lead = before.count
        count = before.count + bytes.count
        start = place - before.count
        self.buffer = buffer
    }

    func withBytes<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        func lend(_ buffer: borrowing AlignedBuffer) throws(Failure) -> Result {
            let all = buffer.bytes
            let span = all.extracting(start..<(start + count))
            return try body(span)
        }
        return try lend(buffer)
    }
}
