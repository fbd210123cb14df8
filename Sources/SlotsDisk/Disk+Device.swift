public import Slots
import Syscalls

extension Disk {
    /// Opens a byte range of the disk, such as one partition.
    ///
    /// On a block device the bytes go through the partition's own node when the kernel has one
    /// at exactly this place, because then its page cache, which a mounted slot is read from, is
    /// kept right by the kernel; opened for writing, a node that is mounted or claimed is refused
    /// (`.inUse`), and nobody can mount it meanwhile. Without such a node they go through the
    /// whole disk. Both ways are direct I/O, so they see the same bytes: what is on the medium.
    ///
    /// Of a disk opened for writing, `isReadOnly` opens a part that may be in use, such as the slot
    /// that runs: it can be read, and a write to it is refused.
    ///
    /// Throws `.outside`, `.inUse` or `.failed`.
    public func device(
        _ range: Range<Int>,
        hashing: any Hashing,
        rate: RateLimit?,
        isReadOnly: Bool = false
    ) throws(DiskError) -> PartitionDevice {
        guard range.lowerBound >= 0, range.upperBound <= size, !range.isEmpty,
            range.lowerBound.isMultiple(of: sectorSize), range.count.isMultiple(of: sectorSize)
        else { throw .outside(path: path, range: range, size: size) }
        let writes = isWritable && !isReadOnly
        let medium: Medium =
            switch kind {
            case .blockDevice(let number): try blockMedium(range, number, writes)
            case .image: try imageMedium(range, writes)
            }
        return PartitionDevice(of: self, medium, writes, hashing: hashing, rate: rate)
    }

    private func blockMedium(
        _ range: Range<Int>,
        _ number: FileStatus.DeviceNumber,
        _ writes: Bool
    ) throws(DiskError) -> Medium {
        let known = try attempt(path) { () throws(Errno) in try KernelPartition.all(of: number) }
        if let partition = known.first(where: { $0.range == range }),
            let medium = try nodeMedium(partition, writes)
        {
            return medium
        }
        let descriptor = try attempt(path) { () throws(Errno) in
            try self.descriptor.reopened(for: writes ? .both : .reading, .direct)
        }
        return Medium(
            descriptor,
            .wholeDisk,
            start: range.lowerBound,
            size: range.count,
            unit: sectorSize,
            isDirect: true,
            isBlockDevice: true
        )
    }

    /// `nil` when there is no such node, or another device has its name.
    private func nodeMedium(
        _ partition: KernelPartition,
        _ writes: Bool
    ) throws(DiskError) -> Medium? {
        do throws(Errno) {
            let descriptor = try Descriptor(
                opening: partition.node,
                for: writes ? .both : .reading,
                writes ? [.direct, .exclusive] : .direct
            )
            let status = try descriptor.status()
            guard status.kind == .blockDevice, "\(status.device)" == partition.device,
                try descriptor.blockDeviceSize() == partition.range.count
            else { return nil }
            return medium(descriptor, partition)
        } catch {
            switch error {
            case .noEntry: return nil
            case .busy: throw .inUse(path: partition.node)
            default: throw .failed(path: partition.node, error)
            }
        }
    }

    private func medium(
        _ descriptor: consuming Descriptor,
        _ partition: KernelPartition
    ) -> Medium {
        Medium(
            descriptor,
            .ownNode,
            start: 0,
            size: partition.range.count,
            unit: sectorSize,
            isDirect: true,
            isBlockDevice: true
        )
    }

    private func imageMedium(
        _ range: Range<Int>,
        _ writes: Bool
    ) throws(DiskError) -> Medium {
        let access: Descriptor.Access = writes ? .both : .reading
        if let unit = directUnit(), range.lowerBound.isMultiple(of: unit),
            range.count.isMultiple(of: unit)
        {
            let descriptor = try attempt(path) { () throws(Errno) in
                try self.descriptor.reopened(for: access, .direct)
            }
            return Medium(
                descriptor,
                .wholeDisk,
                start: range.lowerBound,
                size: range.count,
                unit: unit,
                isDirect: true,
                isBlockDevice: false
            )
        }
        let descriptor = try attempt(path) { () throws(Errno) in
            try self.descriptor.reopened(for: access)
        }
        return Medium(
            descriptor,
            .wholeDisk,
            start: range.lowerBound,
            size: range.count,
            unit: sectorSize,
            isDirect: false,
            isBlockDevice: false
        )
    }

    /// The alignment the file system under an image asks of direct I/O, found by trying: at least
    /// a logical sector. `nil` when it knows no direct I/O.
    private func directUnit() -> Int? {
        for unit in [512, 4096] where unit >= sectorSize && size >= unit {
            do {
                let descriptor = try self.descriptor.reopened(for: .reading, .direct)
                var buffer = AlignedBuffer(byteCount: unit)
                var bytes = buffer.mutableBytes
                if try descriptor.read(into: &bytes, at: 0) == unit { return unit }
            } catch {
                continue
            }
        }
        return nil
    }
}
