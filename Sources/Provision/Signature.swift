/// What bytes on a disk say they are: file systems, and whatever else has a magic number.
///
/// Nothing that carries one of these is ever formatted. Sources: the `libblkid` of util-linux for
/// the places, each format's own documentation for the numbers.
enum Signature {
    /// Bytes from the start of a partition that `name(start:end:)` looks at: up to the first of
    /// ZFS's rings of uberblocks.
    static let startSize = 256 << 10
    /// Bytes before its end: where MD keeps its older superblocks.
    static let endSize = 128 << 10

    /// The name of what begins here; `nil` when nothing known does.
    ///
    /// `start` are the first bytes of a partition, `end` its last.
    static func name(start: [UInt8], end: [UInt8]) -> String? {
        for (name, offset, magic) in places where start.has(magic, at: offset) { return name }
        if start.has(Array("FAT".utf8), at: 54) || start.has(Array("FAT32".utf8), at: 82) {
            return "FAT"
        }
        if start.has([0x55, 0xAA], at: 510) { return "a boot sector" }
        if hasUberblock(start) { return "ZFS" }
        for back in [64 << 10, 8 << 10, 12 << 10] where end.has(raid, at: end.count - back) {
            return "an MD RAID"
        }
        return nil
    }

    private static let raid: [UInt8] = [0xFC, 0x4E, 0x2B, 0xA9]
    private static let bcache: [UInt8] = [
        0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA,
    ]

    private static let places: [(name: String, offset: Int, magic: [UInt8])] = [
        ("ext", 1080, [0x53, 0xEF]),
        ("XFS", 0, Array("XFSB".utf8)),
        ("Btrfs", 65_600, Array("_BHRfS_M".utf8)),
        ("LUKS", 0, Array("LUKS".utf8) + [0xBA, 0xBE]),
        ("LVM", 0, Array("LABELONE".utf8)),
        ("LVM", 512, Array("LABELONE".utf8)),
        ("LVM", 1024, Array("LABELONE".utf8)),
        ("LVM", 1536, Array("LABELONE".utf8)),
        ("swap", 4086, Array("SWAPSPACE2".utf8)),
        ("swap", 4086, Array("SWAP-SPACE".utf8)),
        ("NTFS", 3, Array("NTFS    ".utf8)),
        ("exFAT", 3, Array("EXFAT   ".utf8)),
        ("SquashFS", 0, Array("hsqs".utf8)),
        ("EROFS", 1024, [0xE2, 0xE1, 0xF5, 0xE0]),
        ("F2FS", 1024, [0x10, 0x20, 0xF5, 0xF2]),
        ("JFS", 32_768, Array("JFS1".utf8)),
        ("ReiserFS", 65_588, Array("ReIsEr".utf8)),
        ("ISO 9660", 32_769, Array("CD001".utf8)),
        ("UDF", 32_769, Array("BEA01".utf8)),
        ("bcache", 4120, bcache),
        ("an MD RAID", 0, raid),
        ("an MD RAID", 4096, raid),
        ("a GUID partition table", 512, Array("EFI PART".utf8)),
        ("a GUID partition table", 4096, Array("EFI PART".utf8)),
    ]

    /// ZFS keeps its uberblocks 1 KiB apart from 128 KiB on, in either byte order.
    private static func hasUberblock(_ start: [UInt8]) -> Bool {
        let little: [UInt8] = [0x0C, 0xB1, 0xBA, 0, 0, 0, 0, 0]
        return stride(from: 128 << 10, to: start.count, by: 1024).contains { offset in
            start.has(little, at: offset) || start.has(little.reversed(), at: offset)
        }
    }
}

extension [UInt8] {
    func has(_ magic: [UInt8], at offset: Int) -> Bool {
        offset >= 0 && offset + magic.count <= count
            && self[offset..<(offset + magic.count)].elementsEqual(magic)
    }
}
