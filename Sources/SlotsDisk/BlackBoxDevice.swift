public import Slots
public import Syscalls

/// The last MiB of a data partition, past the page cache, through the whole disk: the partition
/// may be mounted meanwhile, because no file system reaches so far.
///
/// No lock is taken, and a write is durable when it returns. Reads and writes are whole blocks of
/// `SealedBlock.size`.
public final class BlackBoxDevice: SectorDevice {
    public let size = BlackBoxLayout.size
    public let sectorSize: Int

    private let medium: Medium
    private var buffer = AlignedBuffer(byteCount: BlackBoxLayout.placeSize)

    /// `disk` is a whole-disk node or an image file, `partition` the bytes of the data partition
    /// on it. Whether a file system there leaves the ring alone is for the caller to know
    /// (`ExtSuperblock`).
    ///
    /// Throws `.outside` for a partition that does not hold a ring on 4096-byte boundaries.
    public init(
        opening disk: String,
        partition: Range<Int>,
        for access: Descriptor.Access
    ) throws(DiskError) {
        let whole = try Disk(opening: disk, for: .reading)
        let ring = (partition.upperBound - BlackBoxLayout.size)..<partition.upperBound
        guard partition.count > BlackBoxLayout.size, partition.lowerBound >= 0,
            ring.upperBound <= whole.size, ring.lowerBound.isMultiple(of: SealedBlock.size)
        else { throw .outside(path: disk, range: partition, size: whole.size) }
        sectorSize = whole.sectorSize
        medium = try attempt(disk) { () throws(Errno) in
            try Self.medium(of: whole, ring, for: access)
        }
    }

    public func read(into bytes: inout MutableSpan<UInt8>, at offset: Int) throws(DeviceError) {
        var done = 0
        while done < bytes.count {
            let count = min(bytes.count - done, buffer.count)
            try medium.read((offset + done)..<(offset + done + count), into: &buffer)
            buffer.copy(0..<count, into: &bytes, at: done)
            done += count
        }
    }

    public func write(_ bytes: Span<UInt8>, at offset: Int) throws(DeviceError) {
        var done = 0
        while done < bytes.count {
            let count = min(bytes.count - done, buffer.count)
            buffer.put(bytes.extracting(done..<(done + count)), at: 0)
            try medium.write((offset + done)..<(offset + done + count), from: buffer)
            done += count
        }
    }

    public func flush() throws(DeviceError) { try medium.flush() }

    /// Direct where that can be done: the file system under an image may know no direct I/O.
    private static func medium(
        of disk: Disk,
        _ ring: Range<Int>,
        for access: Descriptor.Access
    ) throws(Errno) -> Medium {
        let isBlockDevice = disk.kind != .image
        do throws(Errno) {
            let direct = try Descriptor(opening: disk.path, for: access, .direct)
            return medium(direct, ring, isDirect: true, isBlockDevice)
        } catch {
            guard error == .invalid, !isBlockDevice else { throw error }
            let plain = try Descriptor(opening: disk.path, for: access)
            return medium(plain, ring, isDirect: false, isBlockDevice)
        }
    }

    private static func medium(
        _ descriptor: consuming Descriptor,
        _ ring: Range<Int>,
        isDirect: Bool,
        _ isBlockDevice: Bool
    ) -> Medium {
        Medium(
            descriptor,
            .wholeDisk,
            start: ring.lowerBound,
            size: ring.count,
            unit: SealedBlock.size,
            isDirect: isDirect,
            isBlockDevice: isBlockDevice
        )
    }
}
