import Support
import Syscalls
import Trust

/// A file system on a device, mounted for as long as the test lasts.
final class MountedFileSystem {
    let path: String

    init(at path: String, of loop: LoopDevice) throws {
        self.path = path
        try Directory.create(path)
        try run("mkfs.ext4", "-q", loop.path)
        try run("mount", loop.path, path)
    }

    /// Lazy, because what stands on it may go away a moment later.
    deinit { _ = try? run("umount", "--lazy", path) }
}

/// A file system in memory that holds no more than `size`.
final class SmallFileSystem {
    let path: String

    init(at path: String, size: Int) throws {
        self.path = path
        try Directory.create(path)
        try run("mount", "-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path)
    }

    deinit { _ = try? run("umount", "--lazy", path) }
}

/// Whether two runs of bytes are the same: by their digests, because comparing megabytes one by
/// one takes long in a debug build.
func isSame(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
    let hashing = OpenSSLHashing()
    return one.count == other.count
        && hashing.sha256(one.span) == hashing.sha256(other.span)
}
