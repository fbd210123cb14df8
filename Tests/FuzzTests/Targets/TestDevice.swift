import Slots
import Trust

/// A device in memory that can be set back, and tells when somebody reaches beyond its end.
final class TestDevice: BlockDevice {
    let size: Int
    let sectorSize: Int
    private(set) var contents: [UInt8]
    /// What writes replaced, oldest first.
    private var journal: [(offset: Int, old: [UInt8])] = []
    /// The first access that did not lie inside.
    private(set) var escape: String?
    private let hashing = OpenSSLHashing()

    init(_ contents: [UInt8], sectorSize: Int) {
        self.contents = contents
        size = contents.count
        self.sectorSize = sectorSize
    }

    /// How many writes there were.
    var mark: Int { journal.count }

    /// Undoes every write after `mark`.
    func goBack(to mark: Int) {
        while journal.count > mark {
            let (offset, old) = journal.removeLast()
            contents.replaceSubrange(offset..<(offset + old.count), with: old)
        }
    }

    /// Undoes everything and forgets what went wrong.
    func reset() {
        goBack(to: 0)
        escape = nil
    }

    /// The ranges written after `mark` whose bytes are others now.
    func changes(since mark: Int) -> [Range<Int>] {
        journal[mark...].filter { contents[$0.offset..<($0.offset + $0.old.count)] != $0.old[...] }
            .map { $0.offset..<($0.offset + $0.old.count) }
    }

    /// Puts bytes there as if they always had been.
    func lay(_ bytes: some Collection<UInt8>, at offset: Int) {
        let range = offset..<(offset + bytes.count)
        journal.append((offset, Array(contents[range])))
        contents.replaceSubrange(range, with: bytes)
    }

    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int) throws(DeviceError) {
        try require(offset, buffer.count, .read)
        for index in 0..<buffer.count { buffer[index] = contents[offset + index] }
    }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(DeviceError) {
        try require(offset, bytes.count, .write)
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        lay(copy, at: offset)
    }

    func flush() {}

    func discard(_ range: Range<Int>) throws(DeviceError) {
        try require(range.lowerBound, range.count, .discard)
    }

    func hashBlocks(
        _ blocks: Range<Int>,
        salt: Span<UInt8>,
        into digests: inout MutableSpan<UInt8>
    ) throws(DeviceError) {
        let (start, count) = (blocks.lowerBound * 4096, blocks.count * 4096)
        try require(start, count, .read)
        let bytes = Array(contents[start..<(start + count)])
        hashing.hashBlocks(bytes.span, salt: salt, into: &digests)
    }

    private func require(
        _ offset: Int,
        _ count: Int,
        _ operation: DeviceError.Operation
    ) throws(DeviceError) {
        guard offset >= 0, offset <= size, count <= size - offset else {
            if escape == nil { escape = "\(operation) of \(count) bytes at \(offset) of \(size)" }
            throw DeviceError(operation, at: offset, code: 28)
        }
    }
}
