import Slots
import Syscalls

/// Gathers bytes into buffers and hands full ones to a `WriteQueue`: the caller's end of it.
struct Writer: ~Copyable {
    private let queue: WriteQueue
    private let medium: Medium
    private let rate: RateLimit?
    private var thread: Thread?

    private var buffer: AlignedBuffer?
    private var buffersMade = 0
    /// What `buffer` holds.
    private var gathered = 0..<0
    /// Around everything that may not be on the medium yet; `nil` when all of it is.
    private var outstanding: Range<Int>?

    init(to medium: Medium, rate: RateLimit?) {
        self.medium = medium
        self.rate = rate
        queue = WriteQueue(to: medium)
    }

    deinit {
        queue.close()
        thread?.join()
    }

    /// Throws the first error of any write so far.
    func check() throws(DeviceError) { try queue.check() }

    /// Takes `bytes`; waits when too much is on its way already.
    mutating func write(_ bytes: Span<UInt8>, at offset: Int) throws(DeviceError) {
        try check()
        var done = 0
        while done < bytes.count {
            let start = offset + done
            if start != gathered.upperBound { send() }
            if buffer == nil { try begin(at: start) }
            if gathered.isEmpty { gathered = start..<start }
            let count = min(bytes.count - done, Self.end(ofBufferAt: start) - start)
            let base = gathered.lowerBound / medium.unit * medium.unit
            buffer?.put(bytes.extracting(done..<(done + count)), at: start - base)
            gathered = gathered.lowerBound..<(start + count)
            done += count
            if gathered.upperBound == Self.end(ofBufferAt: start) { send() }
        }
    }

    /// Returns when nothing in `range` waits to be written.
    mutating func settle(_ range: Range<Int>) throws(DeviceError) {
        let isPending = outstanding?.overlaps(range) ?? false
        if isPending || (buffer != nil && gathered.overlaps(range)) { drain() }
        try check()
    }

    /// Returns when every write was made, if not yet flushed.
    mutating func finish() throws(DeviceError) {
        if buffer != nil || outstanding != nil { drain() }
        try check()
    }

    /// Forgets the error that `finish` threw: what is written from here on starts anew.
    func forget() { queue.forget() }

    private mutating func drain() {
        send()
        queue.drain()
        outstanding = nil
    }

    private mutating func begin(at offset: Int) throws(DeviceError) {
        try startThread(at: offset)
        if buffersMade < WriteQueue.bufferCount {
            buffer = AlignedBuffer(byteCount: WriteQueue.bufferSize)
            buffersMade += 1
        } else {
            buffer = queue.reuseBuffer()
        }
        gathered = offset..<offset
    }

    /// Hands over what was gathered.
    mutating func send() {
        guard !gathered.isEmpty, let buffer = buffer.take() else { return }
        rate?.take(gathered.count)
        expect(medium.blocks(around: gathered))
        queue.send(WritePiece(buffer: buffer, range: gathered))
    }

    private mutating func startThread(at offset: Int) throws(DeviceError) {
        guard thread == nil else { return }
        let queue = queue
        do { thread = try Thread("keel-write") { queue.run() } } catch {
            throw DeviceError(.write, at: offset, code: error.code)
        }
    }

    private mutating func expect(_ blocks: Range<Int>) {
        outstanding =
            outstanding.map {
                min($0.lowerBound, blocks.lowerBound)..<max($0.upperBound, blocks.upperBound)
            } ?? blocks
    }

    /// Buffers end where the device's offset is a multiple of their size, so that a long run of
    /// writes is aligned whatever offset it began at.
    private static func end(ofBufferAt offset: Int) -> Int {
        (offset / WriteQueue.bufferSize + 1) * WriteQueue.bufferSize
    }
}

// Bytes that are held until they are written, and not copied.
extension Writer {
    /// Writes the whole blocks of `part` from where they lie, where the medium takes them from
    /// there; copies the rest.
    mutating func write(
        _ bytes: any SharedBytes,
        _ part: Range<Int>,
        at offset: Int
    ) throws(DeviceError) {
        try check()
        let shift = part.lowerBound - offset
        try bytes.withBytes { (all) throws(DeviceError) in
            let blocks = wholeBlocks(of: all, part, at: offset)
            let head = part.lowerBound..<max(part.lowerBound, blocks.lowerBound + shift)
            let tail = max(part.lowerBound, blocks.upperBound + shift)..<part.upperBound
            try write(all.extracting(head), at: offset)
            if !blocks.isEmpty { try send(bytes, blocks, shift) }
            try write(all.extracting(tail), at: tail.lowerBound - shift)
        }
    }

    /// What can be written as it lies; nothing at `offset` when nothing can. Where `part` begins
    /// inside a block whose start was gathered from the bytes that lie before it, that start need
    /// not be written on its own.
    private mutating func wholeBlocks(
        of all: Span<UInt8>,
        _ part: Range<Int>,
        at offset: Int
    ) -> Range<Int> {
        let end = (offset + part.count) / medium.unit * medium.unit
        var first = (offset + medium.unit - 1) / medium.unit * medium.unit
        guard medium.isDirect, first < end,
            all.isAligned(at: part.lowerBound, as: offset, to: medium.unit)
        else { return offset..<offset }
        let start = offset / medium.unit * medium.unit
        let before = offset - start
        if before > 0, gathered == start..<offset, part.lowerBound >= before,
            let kept = buffer.take()
        {
            let lying = all.extracting((part.lowerBound - before)..<part.lowerBound)
            if kept.begins(with: lying) {
                first = start
                gathered = start..<start
            }
            buffer = consume kept
        }
        return first..<end
    }

    private mutating func send(
        _ bytes: any SharedBytes,
        _ blocks: Range<Int>,
        _ shift: Int
    ) throws(DeviceError) {
        try startThread(at: blocks.lowerBound)
        if !gathered.isEmpty { send() }
        rate?.take(blocks.count)
        expect(blocks)
        queue.send(bytes, from: blocks.lowerBound + shift, to: blocks)
    }
}
