/// Memory for the bytes on their way from the worker to the consumer: a circle of fixed size.
///
/// It knows no positions: byte *n* of the way lies at *n* modulo `capacity`. `Channel` says which
/// bytes belong to whom, and only the owner touches them, so no lock is held while copying.
@safe
final class ByteRing: @unchecked Sendable {
    let capacity: Int
    private let memory: UnsafeMutableRawPointer

    /// - Precondition: `capacity` is positive.
    init(capacity: Int) {
        precondition(capacity > 0, "a ring has room")
        self.capacity = capacity
        // Sound: freed in deinit; both threads hold a reference while they copy.
        unsafe memory = .allocate(byteCount: capacity, alignment: 4096)
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
