/// A GUID partition table, read and never written. Source: UEFI specification 2.10, section 5.3.
///
/// The first process has no libfdisk: it is static. It only has to find what is there; whoever
/// changes a table is `keel-provision`.
struct PartitionTable: Sendable, Hashable {
    struct Entry: Sendable, Hashable {
        /// From 1, as the kernel counts.
        let number: Int
        /// Lower case.
        let type: String
        let id: String
        let name: String
        /// Bytes of the disk.
        let range: Range<Int>
    }

    let entries: [Entry]

    init(entries: [Entry]) { self.entries = entries }

    static let systemType = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
    static let rootType = "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"

    /// Where a header says its entries are, and what they must be.
    struct Header: Sendable, Hashable {
        let sectorSize: Int
        /// Bytes of the disk.
        let entries: Range<Int>
        let entrySize: Int
        let sum: UInt32

        /// `nil` for what is no whole header: wrong signature or sum, or sizes beyond reason.
        ///
        /// - Parameter sector: where the header was read; it says so itself.
        init?(_ bytes: [UInt8], sector: Int, sectorSize: Int) {
            let size = 92
            guard bytes.count >= size, bytes.starts(with: "EFI PART".utf8),
                bytes.number(at: 12, 4) == size, bytes.number(at: 24, 8) == sector
            else { return nil }
            var checked = Array(bytes[..<size])
            checked.replaceSubrange(16..<20, with: [0, 0, 0, 0])
            guard CheckSum.crc32(checked) == UInt32(bytes.number(at: 16, 4)) else { return nil }
            let start = bytes.number(at: 72, 8)
            let count = bytes.number(at: 80, 4)
            entrySize = bytes.number(at: 84, 4)
            guard (128...4096).contains(entrySize), entrySize.isMultiple(of: 128),
                (1...1024).contains(count), (0..<1 << 48).contains(start)
            else { return nil }
            self.sectorSize = sectorSize
            entries = (start * sectorSize)..<(start * sectorSize + count * entrySize)
            sum = UInt32(bytes.number(at: 88, 4))
        }
    }

    /// `nil` when the entries are not those that the header was made for.
    init?(_ header: Header, entries bytes: [UInt8]) {
        guard bytes.count == header.entries.count, CheckSum.crc32(bytes) == header.sum else {
            return nil
        }
        entries = stride(from: 0, to: bytes.count, by: header.entrySize).compactMap { start in
            let entry = Array(bytes[start..<(start + header.entrySize)])
            let first = entry.number(at: 32, 8)
            let last = entry.number(at: 40, 8)
            guard entry[..<16].contains(where: { $0 != 0 }), first > 0, last >= first,
                last < 1 << 48
            else { return nil }
            let units = stride(from: 56, to: 128, by: 2)
                .map { UInt16(truncatingIfNeeded: entry.number(at: $0, 2)) }.prefix { $0 != 0 }
            return Entry(
                number: start / header.entrySize + 1,
                type: Self.guid(entry, at: 0),
                id: Self.guid(entry, at: 16),
                name: String(decoding: units, as: UTF16.self),
                range: (first * header.sectorSize)..<((last + 1) * header.sectorSize)
            )
        }
    }

    /// The partition with this GUID.
    func entry(id: String) -> Entry? { entries.first { $0.id == id } }

    /// The one partition of this name and type; `nil` when there is none or more than one.
    func entry(named name: String, type: String? = nil) -> Entry? {
        let found = entries.filter { $0.name == name && (type == nil || $0.type == type) }
        return found.count == 1 ? found[0] : nil
    }

    /// The first three groups are little-endian numbers.
    private static func guid(_ bytes: [UInt8], at offset: Int) -> String {
        let order = [3, 2, 1, 0, -1, 5, 4, -1, 7, 6, -1, 8, 9, -1, 10, 11, 12, 13, 14, 15]
        return order.map { index in
            guard index >= 0 else { return "-" }
            let byte = bytes[offset + index]
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}

/// CRC-32 as in ISO 3309 and the partition table.
enum CheckSum {
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xffff_ffff
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xedb8_8320 : 0) }
        }
        return ~sum
    }
}

extension [UInt8] {
    /// An unsigned little-endian number of `count` bytes, `Int.max` when it does not fit.
    func number(at offset: Int, _ count: Int) -> Int {
        let value = self[offset..<(offset + count)].reversed()
            .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(clamping: value)
    }
}
