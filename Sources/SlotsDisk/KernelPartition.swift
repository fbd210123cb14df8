package import Syscalls

/// A partition as the kernel knows it, which may be more or less than the table on the disk says.
package struct KernelPartition: Sendable, Hashable {
    package let number: Int
    /// Bytes of the whole disk.
    package let range: Range<Int>
    /// Its node, named by the kernel and not by us.
    package let node: String
    package let device: String

    /// Every partition the kernel knows of a disk. Source: sysfs, `sysfs(5)`.
    package static func all(
        of disk: FileStatus.DeviceNumber
    ) throws(Errno) -> [KernelPartition] {
        let folder = "/sys/dev/block/\(disk)"
        var partitions: [KernelPartition] = []
        for name in try Directory.names(at: folder) {
            guard let partition = try read(folder + "/" + name) else { continue }
            partitions.append(partition)
        }
        return partitions
    }

    /// Whether a device is one partition of another.
    static func isPartition(_ device: FileStatus.DeviceNumber) -> Bool {
        do {
            _ = try File.read("/sys/dev/block/\(device)/partition", limit: 64)
            return true
        } catch {
            return false
        }
    }

    /// `nil` for the folders of a disk that are not partitions.
    private static func read(_ folder: String) throws(Errno) -> KernelPartition? {
        let numberText: String
        do { numberText = try text(folder + "/partition") } catch {
            guard error == .noEntry || error == .notDirectory else { throw error }
            return nil
        }
        let name = try text(folder + "/uevent").split(separator: "\n")
            .first { $0.hasPrefix("DEVNAME=") }?.dropFirst("DEVNAME=".count)
        // The kernel counts in 512 bytes here whatever the disk's sectors are.
        guard let number = Int(numberText),
            let start = Int(try text(folder + "/start")),
            let count = Int(try text(folder + "/size")),
            let name, start >= 0, count > 0
        else { return nil }
        return KernelPartition(
            number: number,
            range: (start * 512)..<((start + count) * 512),
            node: "/dev/" + name,
            device: try text(folder + "/dev")
        )
    }

    private static func text(_ path: String) throws(Errno) -> String {
        let bytes = try File.read(path, limit: 4096)
        let end = bytes.lastIndex { $0 != UInt8(ascii: "\n") }.map { $0 + 1 } ?? 0
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}
