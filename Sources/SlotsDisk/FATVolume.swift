import Slots

/// A FAT16 or FAT32 file system, as its first sector describes it.
///
/// Made anew for each operation, so nothing is remembered that somebody else may have changed.
/// Offsets are bytes of the device. Source: Microsoft FAT specification 1.03, section 3.
struct FATVolume {
    enum Kind: Sendable, Hashable {
        case fat16
        case fat32
    }

    /// Where the entries of a folder are.
    enum Folder: Hashable {
        /// FAT16's root: a fixed place outside the clusters.
        case fixed(Range<Int>)
        case clusters(first: Int)
    }

    let device: any BlockDevice
    let kind: Kind
    let sectorSize: Int
    let clusterSize: Int
    /// Every copy of the table that counts, the one to read first.
    let tables: [Range<Int>]
    let root: Folder
    let dataStart: Int
    /// The valid cluster numbers.
    let clusters: Range<Int>
    /// Where FAT32 keeps its count of free clusters.
    let infoSector: Int?

    init(on device: any BlockDevice) throws(FATError) {
        guard device.size >= 4096 else { throw .damaged(reason: "the partition is too small") }
        let boot = try device.bytes(0..<512)
        guard boot[510] == 0x55, boot[511] == 0xAA else {
            throw .damaged(reason: "no FAT signature")
        }
        let sectorSize = boot.number16(11)
        guard [512, 1024, 2048, 4096].contains(sectorSize), sectorSize >= device.sectorSize else {
            throw .damaged(reason: "FAT sectors of \(sectorSize) bytes")
        }
        let sectorsPerCluster = Int(boot[13])
        guard sectorsPerCluster.nonzeroBitCount == 1 else {
            throw .damaged(reason: "clusters of \(sectorsPerCluster) sectors")
        }
        let short = (sectors: boot.number16(19), tableSectors: boot.number16(22))
        let sectors = short.sectors != 0 ? short.sectors : boot.number32(32)
        let tableSectors = short.tableSectors != 0 ? short.tableSectors : boot.number32(36)
        let reserved = boot.number16(14)
        let tableCount = Int(boot[16])
        let rootSize = (boot.number16(17) * 32 + sectorSize - 1) / sectorSize * sectorSize
        let rootStart = (reserved + tableCount * tableSectors) * sectorSize
        let dataStart = rootStart + rootSize
        let clusterSize = sectorsPerCluster * sectorSize
        let count = (sectors * sectorSize - dataStart) / clusterSize
        guard reserved > 0, (1...4).contains(tableCount), tableSectors > 0 else {
            throw .damaged(reason: "no FAT tables")
        }
        guard sectors * sectorSize <= device.size else {
            throw .damaged(reason: "the file system is larger than its partition")
        }
        let kind: Kind = short.tableSectors == 0 ? .fat32 : .fat16
        guard count >= (kind == .fat16 ? 4085 : 1), count < 0x0FFF_FFF5 else {
            throw .damaged(reason: "\(max(count, 0)) clusters")
        }
        guard (count + 2) * kind.entrySize <= tableSectors * sectorSize else {
            throw .damaged(reason: "the FAT tables are too small")
        }
        self.device = device
        self.kind = kind
        self.sectorSize = sectorSize
        self.clusterSize = clusterSize
        self.dataStart = dataStart
        clusters = 2..<(count + 2)
        let inUse = Self.tablesInUse(boot, kind, tableCount)
        guard inUse.upperBound <= tableCount else {
            throw .damaged(reason: "no active FAT table")
        }
        tables = inUse.map {
            let start = (reserved + $0 * tableSectors) * sectorSize
            return start..<(start + tableSectors * sectorSize)
        }
        root =
            kind == .fat16
            ? .fixed(rootStart..<(rootStart + boot.number16(17) * 32))
            : .clusters(first: boot.number32(44))
        infoSector = kind == .fat32 ? boot.number16(48) * sectorSize : nil
    }

    /// FAT32 can name one table as the only one in use (specification: `BPB_ExtFlags`).
    private static func tablesInUse(_ boot: [UInt8], _ kind: Kind, _ count: Int) -> Range<Int> {
        let flags = boot.number16(40)
        guard kind == .fat32, flags & 0x80 != 0 else { return 0..<count }
        let active = flags & 0x0F
        return active..<(active + 1)
    }

    /// The bytes of a cluster.
    func range(of cluster: Int) -> Range<Int> {
        let start = dataStart + (cluster - clusters.lowerBound) * clusterSize
        return start..<(start + clusterSize)
    }
}

extension FATVolume.Kind {
    /// Bytes of a table entry.
    var entrySize: Int { self == .fat16 ? 2 : 4 }

    /// What ends a chain.
    var endOfChain: Int { self == .fat16 ? 0xFFFF : 0x0FFF_FFFF }

    /// The number in a table entry; FAT32's four high bits mean nothing.
    func value(in bytes: [UInt8], at offset: Int) -> Int {
        self == .fat16 ? bytes.number16(offset) : bytes.number32(offset) & 0x0FFF_FFFF
    }

    /// Whether a value says that the chain ends here.
    func isEnd(_ value: Int) -> Bool { value >= endOfChain - 7 }
}
