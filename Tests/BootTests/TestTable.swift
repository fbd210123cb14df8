import SlotsDisk

@testable import Boot

/// A partition table as bytes, made field by field.
struct TestTable {
    struct Part {
        var type = PartitionTable.rootType
        var id: String
        var name: String
        /// Sectors, the last one included.
        var sectors: ClosedRange<Int>
    }

    var sectorSize = 512
    var sectorCount = 4096
    var parts: [Part] = []

    static let ownID = "00112233-4455-6677-8899-aabbccddeeff"

    /// A disk of ours.
    static func ours(id: String = ownID) -> TestTable {
        TestTable(parts: [
            Part(
                type: PartitionTable.systemType,
                id: "10000000-0000-0000-0000-000000000001",
                name: "EFI-SYSTEM",
                sectors: 100...199
            ),
            Part(id: id, name: "KEELOS_ROOT_A", sectors: 200...999),
            Part(
                id: "20000000-0000-0000-0000-000000000002",
                name: "KEELOS_ROOT_B",
                sectors: 1000...1799
            ),
            Part(
                id: "30000000-0000-0000-0000-000000000003",
                name: "KEELOS_DATA",
                sectors: 1800...4000
            ),
        ])
    }

    /// The whole disk.
    var bytes: [UInt8] {
        var disk = [UInt8](repeating: 0, count: sectorSize * sectorCount)
        let last = sectorCount - 1
        put(header(at: 1, entries: 2), at: 1, in: &disk)
        put(entries, at: 2, in: &disk)
        put(entries, at: last - 32, in: &disk)
        put(header(at: last, entries: last - 32), at: last, in: &disk)
        return disk
    }

    private func put(_ bytes: [UInt8], at sector: Int, in disk: inout [UInt8]) {
        let start = sector * sectorSize
        disk.replaceSubrange(start..<(start + bytes.count), with: bytes)
    }

    private func header(at sector: Int, entries start: Int) -> [UInt8] {
        var bytes = Array("EFI PART".utf8)
        bytes += little(0x10000, 4)  // revision 1.0
        bytes += little(92, 4)  // size of this header
        bytes += little(0, 4)  // sum, set below
        bytes += little(0, 4)  // reserved
        bytes += little(sector, 8)  // where this header is
        bytes += little(sector == 1 ? sectorCount - 1 : 1, 8)  // where the other one is
        bytes += little(34, 8)  // first usable
        bytes += little(sectorCount - 34, 8)  // last usable
        bytes += [UInt8](repeating: 7, count: 16)  // the disk's GUID
        bytes += little(start, 8)  // where the entries are
        bytes += little(128, 4)  // how many
        bytes += little(128, 4)  // bytes of each
        bytes += little(entries.crc32, 4)
        bytes.replaceSubrange(16..<20, with: little(bytes.crc32, 4))
        return bytes
    }

    private var entries: [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            bytes += guid(part.type) + guid(part.id)
            bytes += little(part.sectors.lowerBound, 8) + little(part.sectors.upperBound, 8)
            bytes += little(0, 8)  // attributes
            let name = part.name.utf16.flatMap { little(Int($0), 2) }
            bytes += name + [UInt8](repeating: 0, count: 72 - name.count)
        }
        return bytes + [UInt8](repeating: 0, count: 128 * 128 - bytes.count)
    }

    private func guid(_ text: String) -> [UInt8] {
        let digits = text.filter { $0 != "-" }
        let bytes = stride(from: 0, to: 32, by: 2).map { index -> UInt8 in
            let start = digits.index(digits.startIndex, offsetBy: index)
            return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16) ?? 0
        }
        return [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map { bytes[$0] }
    }

    private func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

extension MemoryGround {
    /// Adds a disk as the kernel shows it.
    func addDisk(
        _ name: String,
        _ table: TestTable,
        at place: String = "../devices/pci0000:00/0000:00:02.0/virtio0/block/vda",
        isRemovable: Bool = false
    ) {
        let folder = "/sys/block/\(name)"
        links[folder] = place
        set(folder + "/queue/logical_block_size", "\(table.sectorSize)\n")
        set(folder + "/size", "\(table.sectorSize * table.sectorCount / 512)\n")
        set(folder + "/removable", isRemovable ? "1\n" : "0\n")
        files["/dev/\(name)"] = table.bytes
        for (index, part) in table.parts.enumerated() {
            let number = index + 1
            let sectors = part.sectors.count * table.sectorSize / 512
            set("\(folder)/\(name)\(number)/partition", "\(number)\n")
            set("\(folder)/\(name)\(number)/size", "\(sectors)\n")
            set("\(folder)/\(name)\(number)/uevent", "MAJOR=254\nDEVNAME=\(name)\(number)\n")
        }
    }
}
