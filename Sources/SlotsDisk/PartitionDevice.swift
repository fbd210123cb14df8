public import Slots
import Syscalls

/// A byte range of a disk, such as one partition, read and written past the page cache.
///
/// `write` gathers bytes in aligned buffers and returns; a thread of the device writes them, in
/// order. Only blocks at the edges of a run that are not whole are read and rewritten, and a write
/// of whole logical sectors touches exactly those. After an error every call throws it, until
/// `flush` has: then what was written since the last flush is lost, and the next write starts anew.
/// Used by one thread at a time.
public final class PartitionDevice: BlockDevice {
    public let size: Int
    public let sectorSize: Int

    /// Held for its lock.
    private let disk: Disk
    private let medium: Medium
    private let hasher: BlockHasher
    private var writer: Writer
    private let isWritable: Bool
    private var window = AlignedBuffer(byteCount: windowSize)

    init(
        of disk: Disk,
        _ medium: Medium,
        _ isWritable: Bool,
        hashing: any Hashing,
        rate: RateLimit?
    ) {
        self.disk = disk
        self.isWritable = isWritable
        self.medium = medium
        size = medium.size
        sectorSize = disk.sectorSize
        hasher = BlockHasher(medium, hashing)
        writer = Writer(to: medium, rate: rate)
    }

    deinit { writer.send() }

    /// Whether the bytes bypass the page cache; false only for an image file on a file system
    /// that cannot.
    public var isDirect: Bool { medium.isDirect }

    /// Whether the bytes go through the partition's own node.
    public var hasOwnNode: Bool { medium.route == .ownNode }

    public func read(into buffer: inout MutableSpan<UInt8>, at offset: Int) throws(DeviceError) {
        try require(offset..<(offset + buffer.count), .read)
        var done = 0
        while done < buffer.count {
            let start = offset + done
            let first = start / medium.unit * medium.unit
            let count = min(buffer.count - done, first + Self.windowSize - start)
            let blocks = medium.blocks(around: start..<(start + count))
            try writer.settle(blocks)
            try medium.read(blocks, into: &window)
            let from = start - blocks.lowerBound
            window.copy(from..<(from + count), into: &buffer, at: done)
            done += count
        }
    }

    public func write(_ bytes: Span<UInt8>, at offset: Int) throws(DeviceError) {
        try require(offset..<(offset + bytes.count), .write)
        try writer.write(bytes, at: offset)
    }

    public func write(
        _ bytes: any SharedBytes,
        _ part: Range<Int>,
        at offset: Int
    ) throws(DeviceError) {
        try require(offset..<(offset + part.count), .write)
        try writer.write(bytes, part, at: offset)
    }

    public func flush() throws(DeviceError) {
        do { try writer.finish() } catch {
            writer.forget()
            throw error
        }
        guard isWritable else { return }
        try medium.flush()
    }

    /// Says that `range` holds nothing of worth; whole 4 KiB blocks of it are given back.
    ///
    /// A device that takes no such hint is left as it is.
    public func discard(_ range: Range<Int>) throws(DeviceError) {
        try require(range, .discard)
        try writer.finish()
        let first = (range.lowerBound + Self.discardUnit - 1) / Self.discardUnit * Self.discardUnit
        let end = range.upperBound / Self.discardUnit * Self.discardUnit
        if first < end { try medium.discard(first..<end) }
    }

    public func hashBlocks(
        _ blocks: Range<Int>,
        salt: Span<UInt8>,
        into digests: inout MutableSpan<UInt8>
    ) throws(DeviceError) {
        precondition(digests.count >= blocks.count * Digest.byteCount, "digests fit")
        var saltBytes: [UInt8] = []
        for index in salt.indices { saltBytes.append(salt[index]) }
        let found = try beginHashing(blocks, salt: saltBytes).wait()
        for index in found.indices { digests[index] = found[index] }
    }

    public func beginHashing(
        _ blocks: Range<Int>,
        salt: [UInt8]
    ) throws(DeviceError) -> any ComingHashes {
        let range = (blocks.lowerBound * Self.blockSize)..<(blocks.upperBound * Self.blockSize)
        try require(range, .read)
        try writer.settle(range)
        return hasher.begin(blocks, salt: salt)
    }

    /// A range beyond the end is an error and no trap: positions come from tables on disks.
    private func require(
        _ range: Range<Int>,
        _ operation: DeviceError.Operation
    ) throws(DeviceError) {
        guard range.lowerBound >= 0, range.upperBound <= size else {
            throw DeviceError(operation, at: range.lowerBound, code: Errno.noSpace.code)
        }
        guard operation == .read || isWritable else {
            throw DeviceError(operation, at: range.lowerBound, code: Errno.readOnly.code)
        }
    }

    private static let blockSize = 4096
    private static let discardUnit = 4096
    private static let windowSize = 1 << 17
}
