public import SlotsDisk

extension Layout {
    /// Moves the table's backup to the end of a disk that became larger, and gives a data
    /// partition all the room after it. Nothing else moves, and no file system is touched.
    ///
    /// Durable when it returns; the kernel knows the new size. Repeating it does no harm.
    /// Throws `.noRoomToGrow` when another partition follows the data partition.
    public static func grow(on disk: Disk) throws(LayoutError) -> Layout {
        let old = try find(on: disk, acceptingBackup: false)
        let context = try FdiskContext(on: disk, writing: true)
        let end = context.usableEnd / alignment * alignment
        if let data = old.data, data.range.upperBound < end {
            guard
                try context.partitions().allSatisfy({
                    $0.range.lowerBound <= data.range.lowerBound
                })
            else { throw .noRoomToGrow }
            try context.resize(data.number, to: end - data.range.lowerBound)
        } else if old.table == .whole {
            return old
        }
        try context.write()
        try tellKernel(of: disk)
        return try find(on: disk, acceptingBackup: false)
    }
}
