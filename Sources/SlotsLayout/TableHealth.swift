import SlotsDisk

/// How sound the two copies of a disk's partition table are.
public enum TableHealth: Sendable, Hashable {
    /// Both copies are where they belong and say what their checksums say.
    case whole
    /// What was read comes from the backup.
    case primaryDamaged
    /// What was read comes from the primary.
    case backupDamaged
    /// Both are sound, but the disk is larger than when they were made.
    case backupNotAtEnd

    /// `nil` when neither copy is sound.
    init?(of disk: Disk) throws(LayoutError) {
        let last = disk.size / disk.sectorSize - 1
        let primary = try TableHeader(on: disk, at: 1)
        // A primary says where its backup is; without one it is at the end or nowhere.
        let backup = try TableHeader(on: disk, at: primary?.other ?? last)
        switch (primary, backup) {
        case (let primary?, _?): self = primary.other == last ? .whole : .backupNotAtEnd
        case (_?, nil): self = .backupDamaged
        case (nil, _?): self = .primaryDamaged
        case (nil, nil): return nil
        }
    }
}

/// The header of one copy of a partition table, its checksums proven.
///
/// | offset | size | field |
/// |--|--|--|
/// | 0 | 8 | `EFI PART` |
/// | 12 | 4 | bytes of the header |
/// | 16 | 4 | CRC-32 of the header, this field taken as zero |
/// | 24 | 8 | the sector it is in |
/// | 32 | 8 | the sector of the other copy |
/// | 72 | 8 | first sector of the entries |
/// | 80 | 4 | number of entries |
/// | 84 | 4 | bytes of an entry |
/// | 88 | 4 | CRC-32 of the entries |
///
/// Source: UEFI specification 2.10, 5.3.2.
struct TableHeader {
    /// The sector of the other copy.
    let other: Int

    /// `nil` when there is no such sector, no header in it, or a checksum is wrong.
    init?(on disk: Disk, at sector: Int) throws(LayoutError) {
        let size = disk.sectorSize
        guard sector > 0, sector < disk.size / size else { return nil }
        let bytes = try Self.bytes(disk, (sector * size)..<((sector + 1) * size))
        let length = bytes.number32(12)
        guard bytes.starts(with: Array("EFI PART".utf8)), (92...size).contains(length),
            bytes.number64(24) == sector
        else { return nil }
        var header = Array(bytes[..<length])
        header.replaceSubrange(16..<20, with: [0, 0, 0, 0])
        // Numbers of a header that is damaged may be anything: they are multiplied afterwards.
        guard header.crc32 == bytes.number32(16), bytes.number32(80) <= 1 << 20,
            bytes.number32(84) <= 1 << 20
        else { return nil }
        let count = bytes.number32(80) * bytes.number32(84)
        let start = bytes.number64(72)
        guard count <= 1 << 20, start >= 0, start < disk.size / size,
            start * size + count <= disk.size,
            try Self.bytes(disk, (start * size)..<(start * size + count)).crc32
                == bytes.number32(88)
        else { return nil }
        other = bytes.number64(32)
    }

    private static func bytes(_ disk: Disk, _ range: Range<Int>) throws(LayoutError) -> [UInt8] {
        do { return try disk.bytes(range) } catch { throw .disk(error) }
    }
}

extension [UInt8] {
    /// The little-endian number at `offset`; -1 when it is larger than a disk can be.
    fileprivate func number64(_ offset: Int) -> Int {
        let high = number32(offset + 4)
        return high < 1 << 31 ? high << 32 | number32(offset) : -1
    }

    /// CRC-32 as Ethernet and UEFI count it.
    fileprivate var crc32: Int {
        var crc: UInt32 = .max
        for byte in self {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return Int(~crc)
    }
}
