import Slots
import SlotsDisk

/// A small EFI system partition in good order, made here field by field: both loaders, and the
/// three copies of the record.
///
/// Clusters, from 2 on: the root (FAT32), `EFI/BOOT`, `KEEL`, the files one after the other, `EFI`.
struct FATImage {
    enum Kind: Int, CaseIterable {
        case fat16
        case fat32
        /// FAT16 with no free cluster but one.
        case full
    }

    /// One part of the input: where it is laid.
    struct Part {
        let offset: Int
        let size: Int
    }

    let kind: Kind
    let sectorSize = 512
    private(set) var bytes: [UInt8]
    /// The parts that steer a walk: together they are the input.
    private(set) var parts: [Part] = []

    var clusterSize: Int { kind == .fat32 ? 512 : 2048 }
    private var clusterCount: Int { kind == .fat32 ? 200 : 4100 }
    private var reserved: Int { kind == .fat32 ? 4 : 1 }
    private var tableSectors: Int { kind == .fat32 ? 2 : 17 }
    private var rootSectors: Int { kind == .fat32 ? 0 : 1 }
    private var entrySize: Int { kind == .fat32 ? 4 : 2 }
    private var dataStart: Int { (reserved + 2 * tableSectors + rootSectors) * sectorSize }
    private var end: Int { kind == .fat32 ? 0x0FFF_FFFF : 0xFFFF }
    private var next = 2

    static let loader = program(fill: 1)
    static let record = BootRecord(preferred: .a, a: .good, b: .tries(3), sequence: 7)

    init(_ kind: Kind) {
        self.kind = kind
        bytes = []
        let sectors = dataStart / sectorSize + clusterCount * clusterSize / sectorSize
        bytes = [UInt8](repeating: 0, count: sectors * sectorSize)
        putBootSector(sectors)
        let root = kind == .fat32 ? place(at: allocate(1)) : dataStart - sectorSize
        let (boot, keel) = (allocate(1), allocate(1))
        let files: [(String, Int, [UInt8], Int)] = [
            ("ENV0", keel, Self.record.encoded(), 0), ("ENV1", keel, Self.record.encoded(), 1),
            ("ENV2", keel, Self.record.encoded(), 2), ("BOOTX64.EFI", boot, Self.loader, 0),
            ("BOOTX64.OLD", boot, [UInt8](repeating: 0, count: Self.loader.count), 1),
        ]
        for (name, folder, content, index) in files {
            let first = allocate((content.count + clusterSize - 1) / clusterSize)
            put(content, at: place(at: first))
            putEntry(name, first, content.count, isFolder: false, place(at: folder), index)
        }
        let efi = allocate(1)
        putEntry("BOOT", boot, 0, isFolder: true, place(at: efi), 0)
        putEntry("EFI", efi, 0, isFolder: true, root, 0)
        putEntry("KEEL", keel, 0, isFolder: true, root, 1)
        if kind == .full { fillUp() }
        parts = [
            Part(offset: 0, size: 64), Part(offset: 510, size: 2),
            Part(offset: table(0), size: 80), Part(offset: table(1), size: 80),
            Part(offset: root, size: 96), Part(offset: place(at: efi), size: 64),
            Part(offset: place(at: boot), size: 96), Part(offset: place(at: keel), size: 160),
        ]
        if kind == .fat32 { parts.append(Part(offset: sectorSize + 484, size: 12)) }
    }

    /// What the image itself has in those parts.
    var input: [UInt8] { parts.flatMap { bytes[$0.offset..<($0.offset + $0.size)] } }

    /// A program as far as the firmware asks, of 2 KiB.
    static func program(fill: UInt8) -> [UInt8] {
        var bytes = [UInt8](repeating: fill, count: 2048)
        bytes.replaceSubrange(0..<2, with: Array("MZ".utf8))
        bytes.replaceSubrange(0x3C..<0x40, with: [0x80, 0, 0, 0])  // where PE is
        bytes.replaceSubrange(0x80..<0x84, with: [0x50, 0x45, 0, 0])
        bytes.replaceSubrange(0x98..<0x9A, with: [0x0B, 0x02])  // PE32+
        bytes.replaceSubrange(0x128..<0x130, with: [UInt8](repeating: 0, count: 8))  // signature
        let mark = Array("# KEELOS LOADER CONTRACT 1 END\n".utf8)
        bytes.replaceSubrange(1000..<(1000 + mark.count), with: mark)
        return bytes
    }

    // MARK: making one

    private func place(at cluster: Int) -> Int { dataStart + (cluster - 2) * clusterSize }

    private func table(_ index: Int) -> Int { (reserved + index * tableSectors) * sectorSize }

    private mutating func put(_ content: [UInt8], at offset: Int) {
        bytes.replaceSubrange(offset..<(offset + content.count), with: content)
    }

    private mutating func put(_ number: Int, _ width: Int, at offset: Int) {
        for index in 0..<width {
            bytes[offset + index] = UInt8(truncatingIfNeeded: number >> (8 * index))
        }
    }

    private mutating func allocate(_ count: Int) -> Int {
        let first = next
        next += count
        for cluster in first..<next {
            setTable(cluster, to: cluster == next - 1 ? end : cluster + 1)
        }
        return first
    }

    private mutating func setTable(_ cluster: Int, to value: Int) {
        for index in 0..<2 { put(value, entrySize, at: table(index) + cluster * entrySize) }
    }

    /// Bad clusters everywhere but at the very end.
    private mutating func fillUp() {
        for cluster in next..<(clusterCount + 1) { setTable(cluster, to: 0xFFF7) }
    }

    private mutating func putEntry(
        _ name: String,
        _ cluster: Int,
        _ size: Int,
        isFolder: Bool,
        _ folder: Int,
        _ index: Int
    ) {
        let entry = FATEntry(
            name: ShortName(name),
            isFolder: isFolder,
            firstCluster: cluster,
            size: size,
            offset: 0
        )
        put(entry.bytes, at: folder + index * FATEntry.byteCount)
    }

    /// Source: Microsoft FAT specification 1.03, section 3.
    private mutating func putBootSector(_ sectors: Int) {
        put(sectorSize, 2, at: 11)
        put(clusterSize / sectorSize, 1, at: 13)
        put(reserved, 2, at: 14)
        put(2, 1, at: 16)  // tables
        put(rootSectors * sectorSize / FATEntry.byteCount, 2, at: 17)
        put(sectors < 65536 ? sectors : 0, 2, at: 19)
        put(sectors < 65536 ? 0 : sectors, 4, at: 32)
        put(kind == .fat32 ? 0 : tableSectors, 2, at: 22)
        if kind == .fat32 {
            put(tableSectors, 4, at: 36)
            put(2, 4, at: 44)  // root
            put(1, 2, at: 48)  // information
            put(0x4161_5252, 4, at: sectorSize)
            put(0x6141_7272, 4, at: sectorSize + 484)
            put(clusterCount - 20, 4, at: sectorSize + 488)
        }
        put([0x55, 0xAA], at: 510)
        put([0xF8, 0xFF, 0xFF, 0xFF], at: table(0))
        put([0xF8, 0xFF, 0xFF, 0xFF], at: table(1))
    }
}
