public import SlotsDisk

// What the first boot of a node does to its table, and what completes it: each is one change of
// the table, backup first, then primary. Slots and system partition keep number and place.

extension Layout {
    /// Less than this is no room for a data partition.
    public static let leastDataSize = 64 << 20

    /// Where a data partition would go: from the last partition's end to the end of the disk.
    ///
    /// Throws `.diskTooSmall` when there is not enough room.
    public static func roomForData(on disk: Disk) throws(LayoutError) -> Range<Int> {
        let context = try FdiskContext(on: disk, writing: false)
        return try roomForData(context, disk)
    }

    /// Gives the disk and its partitions identities of their own, moves the table's backup to the
    /// end of the disk, and adds `KEELOS_DATA_NEW` in the room that is left: all in one change.
    ///
    /// Durable when it returns; the kernel is not told yet (`tellKernel`).
    /// Throws `.ambiguous` when there is a data partition, `.diskTooSmall`.
    public static func makeRoomForData(
        on disk: Disk,
        identities: Identities,
        data: GUID
    ) throws(LayoutError) -> Layout {
        let old = try find(on: disk, acceptingBackup: true)
        if let data = old.data { throw .ambiguous(name: data.name, numbers: [data.number]) }
        let context = try FdiskContext(on: disk, writing: true)
        let room = try roomForData(context, disk)
        try context.identify(identities.disk)
        try context.change(old.systemPartition.number, id: identities.systemPartition)
        try context.change(old.slots.a.number, id: identities.slots.a)
        try context.change(old.slots.b.number, id: identities.slots.b)
        let used = Set(try context.partitions().map(\.number))
        guard let number = (1...128).first(where: { !used.contains($0) }) else {
            throw .noRoomToGrow
        }
        try context.add(
            Partition(number: number, name: newDataName, type: .dataType, id: data, range: room)
        )
        try context.write()
        return try find(on: disk, acceptingBackup: false)
    }

    /// Says that the data partition's file system is complete: `KEELOS_DATA_NEW` becomes
    /// `KEELOS_DATA`. Durable when it returns; repeating it does no harm.
    public static func completeData(on disk: Disk) throws(LayoutError) -> Layout {
        let old = try find(on: disk, acceptingBackup: false)
        guard let data = old.data else { throw .missing(name: newDataName) }
        if data.name == dataName { return old }
        let context = try FdiskContext(on: disk, writing: true)
        try context.change(data.number, name: dataName)
        try context.write()
        return try find(on: disk, acceptingBackup: false)
    }

    /// Writes both copies of the table anew from the one that is sound; durable when it returns.
    public static func repairTable(on disk: Disk) throws(LayoutError) -> Layout {
        let old = try find(on: disk, acceptingBackup: true)
        guard old.table == .primaryDamaged || old.table == .backupDamaged else { return old }
        try FdiskContext(on: disk, writing: true).write()
        return try find(on: disk, acceptingBackup: false)
    }

    /// Bytes of the 128 entries of a table.
    private static let entriesSize = 128 * 128

    private static func roomForData(
        _ context: FdiskContext,
        _ disk: Disk
    ) throws(LayoutError) -> Range<Int> {
        let last = try context.partitions().map(\.range.upperBound).max() ?? 0
        let start = (last + alignment - 1) / alignment * alignment
        // Where the table's backup will be: until it is written there, libfdisk knows the old end.
        let end = (disk.size - disk.sectorSize - entriesSize) / alignment * alignment
        guard end - start >= leastDataSize else {
            throw .diskTooSmall(size: disk.size, needed: start + leastDataSize + alignment)
        }
        return start..<end
    }
}
