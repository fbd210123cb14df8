import Slots

/// The first sector of a FAT file system, found to make sense.
///
/// | offset | size | field |
/// |--|--|--|
/// | 11 | 2 | bytes in a sector |
/// | 13 | 1 | sectors in a cluster |
/// | 14 | 2 | sectors before the first table |
/// | 16 | 1 | tables |
/// | 17 | 2 | entries of the root folder (FAT16) |
/// | 19 | 2 | sectors in all; 0 when offset 32 has them |
/// | 22 | 2 | sectors of a table; 0 on FAT32, where offset 36 has them |
/// | 40 | 2 | which tables are in use (FAT32) |
/// | 44 | 4 | first cluster of the root folder (FAT32) |
/// | 48 | 2 | sector with the count of free clusters (FAT32) |
/// | 510 | 2 | 55 AA |
///
/// Source: Microsoft FAT specification 1.03, section 3.
struct FATBootSector {
    let kind: FATVolume.Kind
    let sectorSize: Int
    let clusterSize: Int
    let clusterCount: Int
    let tablesInUse: [Range<Int>]
    let rootEntries: Int
    let rootStart: Int
    let rootCluster: Int
    let dataStart: Int
    let infoSector: Int?

    /// - Precondition: `bytes` has 512 bytes.
    init(_ bytes: [UInt8], on device: any BlockDevice) throws(FATError) {
        guard bytes[510] == 0x55, bytes[511] == 0xAA else {
            throw .damaged(reason: "no FAT signature")
        }
        sectorSize = bytes.number16(11)
        guard [512, 1024, 2048, 4096].contains(sectorSize), sectorSize >= device.sectorSize else {
            throw .damaged(reason: "FAT sectors of \(sectorSize) bytes")
        }
        guard bytes[13].nonzeroBitCount == 1 else {
            throw .damaged(reason: "clusters of \(bytes[13]) sectors")
        }
        clusterSize = Int(bytes[13]) * sectorSize
        kind = bytes.number16(22) == 0 ? .fat32 : .fat16
        let tableSize = sectorSize * (kind == .fat32 ? bytes.number32(36) : bytes.number16(22))
        let tablesStart = sectorSize * bytes.number16(14)
        let tableCount = Int(bytes[16])
        guard tablesStart > 0, (1...4).contains(tableCount), tableSize > 0 else {
            throw .damaged(reason: "no FAT tables")
        }
        rootEntries = bytes.number16(17)
        rootStart = tablesStart + tableCount * tableSize
        dataStart = rootStart + (rootEntries * 32 + sectorSize - 1) / sectorSize * sectorSize
        let sectors = bytes.number16(19) != 0 ? bytes.number16(19) : bytes.number32(32)
        guard sectors * sectorSize <= device.size else {
            throw .damaged(reason: "the file system is larger than its partition")
        }
        clusterCount = max((sectors * sectorSize - dataStart) / clusterSize, 0)
        // With fewer FAT16 would be FAT12, with more the last numbers mean something else.
        let possible = kind == .fat16 ? 4085..<65525 : 1..<0x0FFF_FFF5
        guard possible.contains(clusterCount) else {
            throw .damaged(reason: "\(clusterCount) clusters")
        }
        guard (clusterCount + 2) * kind.entrySize <= tableSize else {
            throw .damaged(reason: "the FAT tables are too small")
        }
        let inUse = Self.tablesInUse(kind, flags: bytes.number16(40), tableCount)
        guard inUse.upperBound <= tableCount else {
            throw .damaged(reason: "no active FAT table")
        }
        tablesInUse = inUse.map {
            let start = tablesStart + $0 * tableSize
            return start..<(start + tableSize)
        }
        rootCluster = bytes.number32(44)
        infoSector = kind == .fat32 ? bytes.number16(48) * sectorSize : nil
    }

    /// FAT32 can name one table as the only one in use (specification: `BPB_ExtFlags`).
    private static func tablesInUse(
        _ kind: FATVolume.Kind,
        flags: Int,
        _ count: Int
    ) -> Range<Int> {
        guard kind == .fat32, flags & 0x80 != 0 else { return 0..<count }
        let active = flags & 0x0F
        return active..<(active + 1)
    }
}
