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
        let boot = try FATBootSector(device.bytes(0..<512), on: device)
        self.device = device
        kind = boot.kind
        sectorSize = boot.sectorSize
        clusterSize = boot.clusterSize
        dataStart = boot.dataStart
        clusters = 2..<(boot.clusterCount + 2)
        tables = boot.tablesInUse
        root =
            switch boot.kind {
            case .fat16: .fixed(boot.rootStart..<(boot.rootStart + boot.rootEntries * 32))
            case .fat32: .clusters(first: boot.rootCluster)
            }
        infoSector = boot.infoSector
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
