public import SlotsDisk
import Syscalls

extension Layout {
    /// Makes the kernel's partitions of a block device the same as the table's; an image file has
    /// none. Nothing is written to the disk.
    ///
    /// The kernel's own scan is not used: it may know no GUID partition table, and it drops
    /// partitions that are in use. A device that takes no partitions at all is left as it is: its
    /// slots are then reached through the whole disk.
    /// Throws `.kernelNotTold` when a partition that must change is in use.
    public static func tellKernel(of disk: Disk) throws(LayoutError) {
        guard case .blockDevice(let device) = disk.kind else { return }
        let wanted = try FdiskContext(on: disk, writing: false).partitions()
        let known: [KernelPartition]
        do { known = try KernelPartition.all(of: device) } catch {
            throw .kernelNotTold(number: 0, error)
        }
        let stale = known.filter { old in
            !wanted.contains { $0.number == old.number && $0.range == old.range }
        }
        for partition in stale {
            do { try disk.descriptor.deletePartition(partition.number) } catch {
                throw .kernelNotTold(number: partition.number, error)
            }
        }
        let kept = Set(known.map(\.number)).subtracting(stale.map(\.number))
        for partition in wanted where !kept.contains(partition.number) {
            do { try disk.descriptor.addPartition(partition.number, partition.range) } catch {
                if error == .invalid || error == .notThisKind { return }
                throw .kernelNotTold(number: partition.number, error)
            }
        }
    }
}
