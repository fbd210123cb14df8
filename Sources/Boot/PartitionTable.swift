import SlotsDisk

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

    /// `nil` when the entries are not those that the header was made for.
    init?(_ header: TableHeader, entries bytes: [UInt8]) {
        guard header.isMade(for: bytes) else { return nil }
        entries = stride(from: 0, to: bytes.count, by: header.entrySize).compactMap { start in
            let entry = Array(bytes[start..<(start + header.entrySize)])
            let first = entry.number64(32)
            let last = entry.number64(40)
            guard entry[..<16].contains(where: { $0 != 0 }), first > 0, last >= first,
                last < 1 << 48
            else { return nil }
            let units = stride(from: 56, to: 128, by: 2)
                .map { UInt16(entry.number16($0)) }.prefix { $0 != 0 }
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
