import Slots
import SlotsDisk
import SlotsLayout
import Syscalls

/// The data partition as programs reach it: through its own node, or at an offset of the disk.
struct DataPlace: Sendable, Hashable {
    let disk: String
    /// Bytes of the disk.
    let range: Range<Int>
    /// `nil` when the kernel has none, such as on an image file.
    let node: String?

    init(_ partition: Partition, of disk: Disk) throws(Errno) {
        self.disk = disk.path
        range = partition.range
        var node: String?
        if case .blockDevice(let number) = disk.kind {
            node = try KernelPartition.all(of: number).first { $0.range == partition.range }?.node
        }
        self.node = node
    }

    /// As e2fsprogs reads it.
    var name: String { node ?? "\(disk)?offset=\(range.lowerBound)" }

    /// Bytes of the file system: all but the black box.
    var fileSystemSize: Int { range.count - BlackBoxLayout.size }
}
