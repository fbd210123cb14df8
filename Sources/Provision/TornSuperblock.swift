/// A superblock of ext4 of which a power cut let one sector through and not the other.
///
/// It is written in place, past the journal: 1024 bytes, which is two sectors of many disks. What
/// changes while a file system is used lies in the first, the checksum of all in the second. Torn
/// between them neither the kernel nor `e2fsck -p` takes it. A backup alone would not do: with one,
/// e2fsck believes no group's word that its inodes were never written, and gives up on the garbage
/// that it finds in their place on a disk that was used before (`lazy_itable_init`).
///
/// Source: the kernel's `Documentation/filesystems/ext4/super.rst`.
enum TornSuperblock {
    static let size = 1024
    /// Where the second sector begins.
    static let sector = 512
    private static let checksum = 1020

    /// The second sector as it must be, or `nil` when this is something else than a torn superblock
    /// of the file system of which `backup` is a backup.
    static func mended(_ found: [UInt8], backup: [UInt8]) -> [UInt8]? {
        guard found.count == size, backup.count == size, isWhole(backup), !isWhole(found),
            shape(of: found) == shape(of: backup)
        else { return nil }
        let sum = crc32c(found[..<checksum])
        return found[sector..<checksum] + (0..<4).map { UInt8(truncatingIfNeeded: sum >> ($0 * 8)) }
    }

    private static func isWhole(_ block: [UInt8]) -> Bool {
        let sum = block[checksum...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return block.has([0x53, 0xEF], at: 56) && crc32c(block[..<checksum]) == sum
    }

    /// What never changes, or only together with the backups: sizes, places, features, identity.
    private static func shape(of block: [UInt8]) -> [UInt8] {
        var block = block
        // Set while it is mounted: the journal is to be replayed, there are orphans.
        block[0x60] &= ~0x04
        block[0x66] &= ~0x01
        let fields = [
            0x00..<0x08, 0x14..<0x2C, 0x38..<0x3A, 0x48..<0x5A, 0x5C..<0x88, 0xCE..<0xE8,
            0xEC..<0x108, 0x150..<0x154, 0x174..<0x178, 0x270..<0x274,
        ]
        return fields.flatMap { block[$0] }
    }

    /// CRC-32C without the last complement: what ext4 counts. Bit by bit, for once a start.
    private static func crc32c(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in
                sum >> 1 ^ (sum & 1 == 1 ? 0x82F6_3B78 : 0)
            }
        }
    }
}
