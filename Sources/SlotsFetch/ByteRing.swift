/// Memory for the bytes on their way from the worker to the consumer: a circle of fixed size.
///
/// It knows no positions: byte *n* of the way lies at *n* modulo `capacity`. `Channel` says which
/// bytes belong to whom, and only the owner touches them, so no lock is held while copying.
/// Behind the circle is room to put the start of a piece's second half beside its first.
@safe
final class ByteRing: @unchecked Sendable {
    let capacity: Int
    /// Bytes of a piece that can be shown at once.
    let longest: Int
    private let memory: UnsafeMutableRawPointer

    /// - Precondition: `capacity` is positive.
    init(capacity: Int) {
        precondition(capacity > 0, "a ring has room")
        self.capacity = capacity
        longest = capacity / 4 + Channel.lead
        // Sound: freed in deinit; both threads hold a reference while they copy.
        unsafe memory = .allocate(byteCount: capacity + longest, alignment: 4096)
    }

    deinit {
        // Sound: allocated in init, and nobody else has the address.
        unsafe memory.deallocate()
    }

    /// Puts `bytes` at `position` of the way. The caller owns that part of the circle.
    ///
    /// - Precondition: `bytes` is not longer than `capacity`.
    func store(_ bytes: UnsafeRawBufferPointer, at position: Int) {
        precondition(bytes.count <= capacity, "more bytes than the ring holds")
        guard let source = bytes.baseAddress else { return }
        let begin = position % capacity
        let first = min(bytes.count, capacity - begin)
        // Sound: `begin + first` is at most `capacity`, and the rest, which goes to the
        // start of the circle, is shorter than it; `bytes` never lies inside the circle.
        unsafe (memory + begin).copyMemory(from: source, byteCount: first)
        unsafe memory.copyMemory(from: source + first, byteCount: bytes.count - first)
    }

    /// Makes `count` bytes from `position` of the way lie in one piece. The caller owns that part
    /// of the circle.
    ///
    /// - Precondition: `count` is at most `longest`.
    func join(_ count: Int, at position: Int) {
        precondition(count <= longest, "a piece that can be shown")
        let beyond = position % capacity + count - capacity
        guard beyond > 0 else { return }
        // Sound: `beyond` is at most `longest`, and nobody else uses the room behind the circle: a
        // piece that reaches it is the only one until the circle has gone round.
        unsafe (memory + capacity).copyMemory(from: memory, byteCount: beyond)
    }

    /// The bytes of the way from `position` on, which were joined. The caller owns them.
    func withBytes<Result, Failure>(
        _ count: Int,
        at position: Int,
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Sound: inside the memory, by `join`; they do not change while the caller owns them.
        let piece = unsafe UnsafeRawBufferPointer(start: memory + position % capacity, count: count)
        // Sound: the span does not leave the closure.
        return try body(unsafe Span<UInt8>(_unsafeBytes: piece))
    }

    /// Fills `target` from `position` of the way. The caller owns that part of the circle.
    ///
    /// - Precondition: `target` is not longer than `capacity`.
    func load(into target: UnsafeMutableRawBufferPointer, from position: Int) {
        precondition(target.count <= capacity, "more bytes than the ring holds")
        guard let address = target.baseAddress else { return }
        let begin = position % capacity
        let first = min(target.count, capacity - begin)
        // Sound: as in `store`, the other way round.
        unsafe address.copyMemory(from: memory + begin, byteCount: first)
        unsafe (address + first).copyMemory(from: memory, byteCount: target.count - first)
    }
}
