/// The header of one copy of a GUID partition table, its own checksum proven.
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
/// Read and never written: who changes a table has libfdisk, the first process has not.
///
/// Source: UEFI specification 2.10, 5.3.2.
package struct TableHeader: Sendable, Hashable {
    package let sectorSize: Int
    /// The sector of the other copy; `Int.max` when it says one that no disk has.
    package let other: Int
    /// Where the entries are, in bytes of the disk: perhaps behind its end.
    package let entries: Range<Int>
    package let entrySize: Int
    private let sum: UInt32

    /// `nil` for what is no whole header: signature, place or sum is wrong, or a size is absurd.
    ///
    /// - Parameters:
    ///   - bytes: The sector, all of it.
    ///   - sector: Where it was read; a header says so itself.
    package init?(_ bytes: [UInt8], sector: Int) {
        guard bytes.count >= 512, bytes.starts(with: "EFI PART".utf8),
            (92...bytes.count).contains(bytes.number32(12)), bytes.number64(24) == sector
        else { return nil }
        var header = Array(bytes[..<bytes.number32(12)])
        header.replaceSubrange(16..<20, with: [0, 0, 0, 0])
        // Numbers of a header that is damaged may be anything: they are multiplied afterwards.
        let (start, count) = (bytes.number64(72), bytes.number32(80))
        entrySize = bytes.number32(84)
        guard header.crc32 == bytes.number32(16), (0..<1 << 48).contains(start),
            (1...1 << 13).contains(count), (128...4096).contains(entrySize),
            entrySize.isMultiple(of: 128)
        else { return nil }
        sectorSize = bytes.count
        other = bytes.number64(32)
        entries = (start * sectorSize)..<(start * sectorSize + count * entrySize)
        sum = UInt32(bytes.number32(88))
    }

    /// Whether these are the entries that the header was made for.
    package func isMade(for bytes: [UInt8]) -> Bool {
        bytes.count == entries.count && bytes.crc32 == Int(sum)
    }
}

extension [UInt8] {
    /// The little-endian number at `offset`; `Int.max` when it is larger than that.
    package func number64(_ offset: Int) -> Int {
        let high = number32(offset + 4)
        return high < 1 << 31 ? high << 32 | number32(offset) : .max
    }

    /// CRC-32 as in ISO 3309: what UEFI counts.
    package var crc32: Int {
        var sum = UInt32.max
        for byte in self { sum = sum >> 8 ^ crcTable[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
        return Int(~sum)
    }
}

/// What a byte makes of a sum of zero.
private let crcTable: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
}
