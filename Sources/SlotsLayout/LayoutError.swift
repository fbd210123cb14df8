public import SlotsDisk
public import Syscalls

/// Why a disk's layout was refused or could not be changed.
public enum LayoutError: Error, Sendable, Hashable {
    /// No GUID partition table, but perhaps another kind (libfdisk's word for it).
    case noTable(found: String?)
    /// The primary table is damaged. The backup at the end of the disk may be sound.
    case primaryDamaged(backupIsSound: Bool)
    /// No partition has this name.
    case missing(name: String)
    /// Several partitions have this name.
    case ambiguous(name: String, numbers: [Int])
    /// The partition has the name but is of another type.
    case wrongType(name: String, found: GUID, expected: GUID)
    /// The boot loader looks for it under another number.
    case wrongNumber(name: String, found: Int, expected: Int)
    case overlapping(Int, Int)
    /// The partition ends after the disk.
    case beyondEnd(number: Int, end: Int, size: Int)
    case unequalSlots(a: Int, b: Int)
    /// Something on the disk is mounted or claimed by the kernel.
    case inUse(path: String)
    case diskTooSmall(size: Int, needed: Int)
    /// Not a positive multiple of 1 MiB.
    case slotSize(Int)
    /// Another partition is in the way.
    case noRoomToGrow
    case disk(DiskError)
    /// libfdisk refused a step; `code` is the errno it gave.
    case fdisk(step: Step, code: Int32)
    /// The table is written, but the kernel did not take note of it.
    case kernelNotTold(number: Int, Errno)

    /// What libfdisk was asked to do.
    public enum Step: String, Sendable, Hashable {
        case open
        case create
        case read
        case add
        case change
        case write
    }
}
