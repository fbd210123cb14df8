import Slots

/// A device in memory that remembers every write, so that a test can cut the power after any.
final class MemoryDevice: BlockDevice {
    struct Write {
        let offset: Int
        let bytes: [UInt8]
    }

    let size: Int
    let sectorSize: Int
    private(set) var contents: [UInt8]
    /// What was written and not yet flushed is in the last group.
    private(set) var writes: [[Write]] = [[]]
    /// Reads that touch these bytes fail.
    var unreadable: Range<Int>?

    init(_ contents: [UInt8], sectorSize: Int) {
        self.contents = contents
        size = contents.count
        self.sectorSize = sectorSize
    }

    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int) throws(DeviceError) {
        let range = offset..<(offset + buffer.count)
        guard range.upperBound <= size, !(unreadable?.overlaps(range) ?? false) else {
            throw DeviceError(.read, at: offset, code: 5)
        }
        for index in 0..<buffer.count { buffer[index] = contents[offset + index] }
    }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(DeviceError) {
        guard offset + bytes.count <= size else { throw DeviceError(.write, at: offset, code: 28) }
        var copy: [UInt8] = []
        for index in bytes.indices { copy.append(bytes[index]) }
        contents.replaceSubrange(offset..<(offset + copy.count), with: copy)
        writes[writes.count - 1].append(Write(offset: offset, bytes: copy))
    }

    func flush() throws(DeviceError) { if writes.last?.isEmpty == false { writes.append([]) } }

    func discard(_ range: Range<Int>) throws(DeviceError) {}

    func hashBlocks(
        _ blocks: Range<Int>,
        salt: Span<UInt8>,
        into digests: inout MutableSpan<UInt8>
    ) throws(DeviceError) {}

    /// The logical sectors whose bytes differ from `old`.
    func changedSectors(since old: [UInt8]) -> [Int] {
        stride(from: 0, to: size, by: sectorSize).filter {
            contents[$0..<($0 + sectorSize)] != old[$0..<($0 + sectorSize)]
        }
    }
}
