public import Slots
public import SlotsDisk

extension Layout {
    /// The identities a new disk and its partitions get: random, or fixed for a reproducible image.
    public struct Identities: Sendable, Hashable {
        public let disk: GUID
        public let systemPartition: GUID
        public let slots: PerSlot<GUID>

        public init(disk: GUID, systemPartition: GUID, slots: PerSlot<GUID>) {
            self.disk = disk
            self.systemPartition = systemPartition
            self.slots = slots
        }
    }

    /// Bytes a disk must have for two slots of `slotSize`, and for files that a node is given.
    public static func diskSize(forSlots slotSize: Int, given: Bool = false) -> Int {
        // The table takes the first MiB, its backup less than the last.
        2 * alignment + systemSize + 2 * slotSize + (given ? GivenFiles.size : 0)
    }

    /// Makes a new partition table: the system partition and two slots, with `given` also
    /// `KEELOS_GIVEN` under this identity; the rest stays free.
    ///
    /// Whatever the disk held is lost. The same arguments give the same bytes. The table survives
    /// power loss when this returns, and the kernel knows the partitions of a block device.
    ///
    /// Throws `.slotSize`, `.diskTooSmall` or `.inUse` before anything is written.
    public static func create(
        on disk: Disk,
        slotSize: Int,
        identities: Identities,
        given: GUID? = nil
    ) throws(LayoutError) -> Layout {
        guard slotSize > 0, slotSize.isMultiple(of: alignment) else { throw .slotSize(slotSize) }
        let needed = diskSize(forSlots: slotSize, given: given != nil)
        guard disk.size >= needed else { throw .diskTooSmall(size: disk.size, needed: needed) }
        do {
            if try disk.isInUse() { throw LayoutError.inUse(path: disk.path) }
        } catch let error as DiskError {
            throw .disk(error)
        } catch let error as LayoutError {
            throw error
        } catch {
            preconditionFailure("a disk error or a refusal")
        }
        let context = try FdiskContext(on: disk, writing: true)
        try context.create(id: identities.disk)
        for partition in planned(slotSize, identities, given) { try context.add(partition) }
        try context.write()
        let layout = try find(on: disk, acceptingBackup: false)
        try tellKernel(of: disk)
        return layout
    }

    private static func planned(
        _ slotSize: Int,
        _ identities: Identities,
        _ given: GUID?
    ) -> [Partition] {
        let system = alignment..<(alignment + systemSize)
        let a = system.upperBound..<(system.upperBound + slotSize)
        let b = a.upperBound..<(a.upperBound + slotSize)
        let rest = given.map { id in
            Partition(
                number: 4,
                name: givenName,
                type: .dataType,
                id: id,
                range: b.upperBound..<(b.upperBound + GivenFiles.size)
            )
        }
        return [
            Partition(
                number: 1,
                name: systemName,
                type: .systemType,
                id: identities.systemPartition,
                range: system
            ),
            Partition(
                number: slotNumber(.a),
                name: slotName(.a),
                type: .rootType,
                id: identities.slots.a,
                range: a
            ),
            Partition(
                number: slotNumber(.b),
                name: slotName(.b),
                type: .rootType,
                id: identities.slots.b,
                range: b
            ),
        ] + (rest.map { [$0] } ?? [])
    }
}
