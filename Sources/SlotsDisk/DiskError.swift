public import Syscalls

/// Why a disk or one of its partitions could not be opened.
public enum DiskError: Error, Sendable, Hashable {
    /// Another program holds the lock on the disk.
    case busy(path: String)
    /// The partition is mounted or claimed by the kernel for something else.
    case inUse(path: String)
    /// The node is one partition; the whole disk is wanted.
    case isPartition(path: String)
    /// Neither a block device nor a plain file.
    case notADisk(path: String, kind: FileStatus.Kind)
    /// Only 512 and 4096 are supported.
    case sectorSize(path: String, found: Int)
    /// The range does not lie in the disk, or not on whole sectors.
    case outside(path: String, range: Range<Int>, size: Int)
    /// A system call failed.
    case failed(path: String, Errno)
}
