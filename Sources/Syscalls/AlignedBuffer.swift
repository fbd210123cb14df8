import CLinux

/// Memory for direct I/O: starts at a page boundary, owned by exactly one place at a time.
///
/// The pages come from the kernel, zeroed, when they are first touched, and go back at the end:
/// what is not used costs nothing.
/// Movable between threads because nothing else knows its address: hence `@unchecked`.
@safe
public struct AlignedBuffer: ~Copyable, @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    /// `byteCount` zero bytes. C function: `mmap(2)`.
    ///
    /// - Precondition: `byteCount` is positive and there is memory.
    public init(byteCount: Int) {
        precondition(byteCount > 0, "a buffer holds something")
        let access = PROT_READ | PROT_WRITE
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        // Sound: fresh pages, zeroed by the kernel, which nobody else knows; freed in `deinit`.
        let start = unsafe mmap(nil, byteCount, access, flags, -1, 0)
        // Sound: -1 is how the call says no; what passes here is the start of the pages.
        guard let start = unsafe start, unsafe start != UnsafeMutableRawPointer(bitPattern: -1)
        else { preconditionFailure("there is memory for a buffer") }
        // Sound: the kernel gave that many bytes.
        unsafe memory = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    }

    deinit {
        // Sound: this value owns the pages and is the last to use them.
        _ = unsafe munmap(memory.baseAddress, memory.count)
    }

    public var count: Int {
        // Sound: the length is a plain number.
        unsafe memory.count
    }

    /// All bytes, for reading.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // Sound: the memory is initialised, and the span cannot outlive this value.
            let span = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(memory))
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// All bytes, for writing; nobody else reads them meanwhile.
    public var mutableBytes: MutableSpan<UInt8> {
        @_lifetime(&self)
        mutating get {
            // Sound: the memory is initialised, and the span has this value to itself.
            let span = unsafe MutableSpan<UInt8>(_unsafeBytes: memory)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// The first `count` bytes, for writing.
    ///
    /// - Precondition: there are that many.
    @_lifetime(&self)
    public mutating func mutablePrefix(_ count: Int) -> MutableSpan<UInt8> {
        precondition(count >= 0 && count <= self.count, "the buffer has the bytes")
        // Sound: the line above proved the length; the span has this value to itself.
        let part = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[0..<count])
        let span = unsafe MutableSpan<UInt8>(_unsafeBytes: part)
        return unsafe _overrideLifetime(span, mutating: &self)
    }

    /// Copies `source` to `offset`. C function: `memmove(3)`.
    ///
    /// - Precondition: it fits.
    public mutating func put(_ source: Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && offset + source.count <= count, "the bytes fit the buffer")
        // Sound: the line above proved that the bytes fit; both sides live for the closure.
        unsafe source.withUnsafeBytes { source in
            unsafe UnsafeMutableRawBufferPointer(rebasing: memory[offset...])
                .copyMemory(from: source)
        }
    }

    /// Copies the bytes of `range` to `offset` of `target`. C function: `memmove(3)`.
    ///
    /// - Precondition: they are there, and fit.
    public func copy(
        _ range: Range<Int>,
        into target: inout MutableSpan<UInt8>,
        at offset: Int
    ) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "the bytes are there")
        precondition(offset >= 0 && offset + range.count <= target.count, "the bytes fit")
        // Sound: the lines above proved both ends; both sides live for the closure.
        unsafe target.withUnsafeMutableBytes { target in
            unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[range]))
        }
    }

    /// Whether the first bytes are these. C function: `memcmp(3)`.
    ///
    /// - Precondition: there are as many.
    public func begins(with other: Span<UInt8>) -> Bool {
        precondition(other.count <= count, "the buffer has the bytes")
        // Sound: both sides have as many bytes and live for the closure.
        return unsafe other.withUnsafeBytes { other in
            guard let theirs = other.baseAddress, let mine = unsafe memory.baseAddress else {
                return true
            }
            return unsafe memcmp(theirs, mine, other.count) == 0
        }
    }
}

extension Span where Element == UInt8 {
    /// Whether the byte at `index` lies as far into a block of memory as `offset` into one of a
    /// disk: what direct I/O asks for (`open(2)`, `O_DIRECT`).
    public func isAligned(at index: Int, as offset: Int, to unit: Int) -> Bool {
        // Sound: the address is looked at, and nothing is read.
        unsafe withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return false }
            return (Int(bitPattern: start) + index - offset).isMultiple(of: unit)
        }
    }
}
