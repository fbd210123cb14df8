public import Syscalls

/// A whole disk: a block device, a loop device or an image file.
///
/// Opened for writing it holds the one writer's lock, `flock(LOCK_EX)` on the whole-disk node or
/// on the image file, for as long as it or one of its `PartitionDevice`s lives.
public final class Disk {
    public enum Access: Sendable, Hashable {
        /// No lock: what is read may be changing.
        case reading
        /// The lock, waiting for it no longer than this; then `.busy`.
        case writing(wait: Duration)
    }

    public enum Kind: Sendable, Hashable {
        case blockDevice(FileStatus.DeviceNumber)
        case image
    }

    public let path: String
    public let kind: Kind
    public let isWritable: Bool
    /// Bytes.
    public let size: Int
    /// Bytes in a logical sector, 512 or 4096: what the partition table counts in. An image file
    /// has that of its partition table; 512 when it has none.
    public let sectorSize: Int
    /// Bytes the medium rewrites at once, as far as it says so.
    public let physicalSectorSize: Int

    /// Buffered; holds the lock.
    package let descriptor: Descriptor

    /// Opens a disk that exists.
    ///
    /// Throws `.isPartition`, `.notADisk`, `.busy`, `.sectorSize` or `.failed`.
    public init(opening path: String, for access: Access) throws(DiskError) {
        self.path = path
        let isWritable = access != .reading
        let descriptor = try Self.open(path, isWritable)
        let status = try attempt(path) { () throws(Errno) in try descriptor.status() }
        switch status.kind {
        case .file: kind = .image
        case .blockDevice: kind = .blockDevice(status.device)
        default: throw .notADisk(path: path, kind: status.kind)
        }
        if case .blockDevice(let number) = kind, KernelPartition.isPartition(number) {
            throw .isPartition(path: path)
        }
        if case .writing(let wait) = access { try Self.lock(descriptor, path, wait) }
        let geometry = try attempt(path) { () throws(Errno) in
            switch status.kind {
            case .file: try Geometry(ofImage: descriptor, size: status.size)
            default: try Geometry(ofBlockDevice: descriptor)
            }
        }
        guard geometry.isSupported else {
            throw .sectorSize(path: path, found: geometry.sectorSize)
        }
        self.isWritable = isWritable
        self.descriptor = descriptor
        size = geometry.size
        sectorSize = geometry.sectorSize
        physicalSectorSize = geometry.physicalSectorSize
    }

    /// Makes an image file of `size` zero bytes that take no room, and locks it.
    ///
    /// Throws `.failed` with `EEXIST` when there is a file.
    ///
    /// - Precondition: `sectorSize` is 512 or 4096, `size` a multiple of it.
    public init(
        creatingImage path: String,
        size: Int,
        sectorSize: Int,
        permissions: UInt32
    ) throws(DiskError) {
        precondition([512, 4096].contains(sectorSize), "a sector has 512 or 4096 bytes")
        precondition(size > 0 && size.isMultiple(of: sectorSize), "an image has whole sectors")
        let descriptor = try attempt(path) { () throws(Errno) in
            let descriptor = try File.create(path, permissions: permissions)
            try descriptor.resize(to: size)
            return descriptor
        }
        try Self.lock(descriptor, path, .zero)
        self.path = path
        kind = .image
        isWritable = true
        self.size = size
        self.sectorSize = sectorSize
        physicalSectorSize = sectorSize
        self.descriptor = descriptor
    }

    deinit { descriptor.unlock() }

    /// Whether the kernel uses the disk or a part of it: mounted, or claimed for something else.
    ///
    /// Never true for an image file: a loop device on it cannot be seen from here.
    public func isInUse() throws(DiskError) -> Bool {
        guard case .blockDevice = kind else { return false }
        do {
            _ = try descriptor.reopened(for: .reading, .exclusive)
            return false
        } catch {
            if error == .busy { return true }
            throw .failed(path: path, error)
        }
    }

    /// Makes the kernel forget what it remembers of the whole disk.
    ///
    /// Its page cache of the whole disk and those of the partitions know nothing of each other:
    /// what was written through a partition's node may be missing here for as long as it likes.
    package func forgetCache() throws(DiskError) {
        try attempt(path) { () throws(Errno) in try descriptor.dropCache() }
    }

    /// Bytes of the disk as the medium has them now.
    package func bytes(_ range: Range<Int>) throws(DiskError) -> [UInt8] {
        try forgetCache()
        var bytes = [UInt8](repeating: 0, count: range.count)
        var span = bytes.mutableSpan
        let count = try attempt(path) { () throws(Errno) in
            try descriptor.read(into: &span, at: range.lowerBound)
        }
        guard count == bytes.count else { throw .failed(path: path, .inputOutput) }
        return bytes
    }

    private static func open(
        _ path: String,
        _ isWritable: Bool
    ) throws(DiskError) -> Descriptor {
        do throws(Errno) {
            return try Descriptor(
                opening: path,
                for: isWritable ? .both : .reading,
                .nonBlocking
            )
        } catch {
            // Of a folder the kernel says so only when it is opened for writing.
            throw error == .isFolder
                ? .notADisk(path: path, kind: .directory) : .failed(path: path, error)
        }
    }

    private static func lock(
        _ descriptor: borrowing Descriptor,
        _ path: String,
        _ wait: Duration
    ) throws(DiskError) {
        do { try descriptor.lock(within: wait) } catch {
            throw error == .wouldBlock ? .busy(path: path) : .failed(path: path, error)
        }
    }
}

/// Gives a failed call the path it was about.
func attempt<Result: ~Copyable>(
    _ path: String,
    _ call: () throws(Errno) -> Result
) throws(DiskError) -> Result {
    do { return try call() } catch { throw .failed(path: path, error) }
}
