import CLinux

extension Descriptor {
    /// Bytes in a logical sector: the smallest write. C function: `ioctl(2)` `BLKSSZGET`.
    public func logicalSectorSize() throws(Errno) -> Int {
        let number = number
        var size: CInt = 0
        // Sound: the kernel writes one int.
        _ = try checked { unsafe clinux_logical_sector_size(number, &size) }
        return Int(size)
    }

    /// Bytes in a physical sector: the smallest write that rewrites nothing else.
    ///
    /// C function: `ioctl(2)` `BLKPBSZGET`.
    public func physicalSectorSize() throws(Errno) -> Int {
        let number = number
        var size: CUnsignedInt = 0
        // Sound: the kernel writes one unsigned int.
        _ = try checked { unsafe clinux_physical_sector_size(number, &size) }
        return Int(size)
    }

    /// Bytes in the block device. C function: `ioctl(2)` `BLKGETSIZE64`.
    public func blockDeviceSize() throws(Errno) -> Int {
        let number = number
        var size: CUnsignedLongLong = 0
        // Sound: the kernel writes one 64-bit number.
        _ = try checked { unsafe clinux_device_size(number, &size) }
        return Int(size)
    }

    /// Tells a block device that `range` holds nothing of worth.
    /// C function: `ioctl(2)` `BLKDISCARD`.
    public func discardBlocks(_ range: Range<Int>) throws(Errno) {
        let number = number
        _ = try checked {
            clinux_discard(number, UInt64(range.lowerBound), UInt64(range.count))
        }
    }

    /// Tells the kernel of a partition: `range` is bytes of the whole disk.
    ///
    /// Writes nothing to the disk. Throws `.busy` when it overlaps one the kernel knows.
    /// C function: `ioctl(2)` `BLKPG_ADD_PARTITION`.
    public func addPartition(_ partition: Int, _ range: Range<Int>) throws(Errno) {
        let number = number
        _ = try checked {
            clinux_change_partition(
                number,
                BLKPG_ADD_PARTITION,
                CInt(partition),
                Int64(range.lowerBound),
                Int64(range.count)
            )
        }
    }

    /// Makes the kernel forget a partition. Writes nothing to the disk.
    ///
    /// Throws `.busy` when it is in use. C function: `ioctl(2)` `BLKPG_DEL_PARTITION`.
    public func deletePartition(_ partition: Int) throws(Errno) {
        let number = number
        _ = try checked {
            clinux_change_partition(number, BLKPG_DEL_PARTITION, CInt(partition), 0, 0)
        }
    }
}
