import Slots

/// A name as FAT stores it: eight bytes and three, upper case, filled with blanks.
package struct ShortName: Hashable {
    package let bytes: [UInt8]

    /// - Precondition: `text` is an 8.3 name in ASCII, such as `BOOTX64.EFI`.
    package init(_ text: String) {
        let parts = text.uppercased().utf8.split(separator: UInt8(ascii: "."))
        precondition((1...2).contains(parts.count), "a short name has one dot or none")
        bytes = Self.filled(Array(parts[0]), 8) + Self.filled(Array(parts.dropFirst().joined()), 3)
    }

    /// Reads the first 11 bytes of an entry; lower-case letters count as upper case.
    package init(of entry: some Sequence<UInt8>) {
        bytes = entry.prefix(11).map { (97...122).contains($0) ? $0 - 32 : $0 }
    }

    /// `.` and `..`, which the rule above has no room for.
    static let this = ShortName(of: Array(".          ".utf8))
    static let parent = ShortName(of: Array("..         ".utf8))

    private static func filled(_ part: [UInt8], _ count: Int) -> [UInt8] {
        precondition(part.count <= count, "the parts of a short name are short")
        return part + [UInt8](repeating: 0x20, count: count - part.count)
    }
}

/// One entry of a folder: a file or a folder, never a long name or a label.
///
/// | offset | size | field |
/// |--|--|--|
/// | 0 | 11 | name |
/// | 11 | 1 | attributes |
/// | 20 | 2 | first cluster, high half (FAT32) |
/// | 24 | 2 | date of the last write |
/// | 26 | 2 | first cluster, low half |
/// | 28 | 4 | size in bytes |
package struct FATEntry: Hashable {
    package static let byteCount = 32
    static let directoryAttribute: UInt8 = 0x10
    package static let labelAttribute: UInt8 = 0x08
    static let archiveAttribute: UInt8 = 0x20
    static let longNameAttributes: UInt8 = 0x0F
    static let endMark: UInt8 = 0x00
    static let deletedMark: UInt8 = 0xE5

    let name: ShortName
    let isFolder: Bool
    let firstCluster: Int
    let size: Int
    /// Where on the device.
    let offset: Int

    package init(
        name: ShortName,
        isFolder: Bool,
        firstCluster: Int,
        size: Int,
        offset: Int
    ) {
        self.name = name
        self.isFolder = isFolder
        self.firstCluster = firstCluster
        self.size = size
        self.offset = offset
    }

    /// - Precondition: `bytes` has 32 bytes, of neither a long name nor a label.
    init(_ bytes: [UInt8], at offset: Int, _ kind: FATVolume.Kind) {
        name = ShortName(of: bytes)
        isFolder = bytes[11] & Self.directoryAttribute != 0
        let high = kind == .fat32 ? bytes.number16(20) & 0x0FFF : 0
        firstCluster = high << 16 | bytes.number16(26)
        size = bytes.number32(28)
        self.offset = offset
    }

    /// The 32 bytes of a new entry, dated 1980-01-01: nothing here reads a clock.
    package var bytes: [UInt8] {
        var bytes = name.bytes + [UInt8](repeating: 0, count: Self.byteCount - 11)
        bytes[11] = isFolder ? Self.directoryAttribute : Self.archiveAttribute
        bytes.put16(0x0021, at: 16)
        bytes.put16(0x0021, at: 18)
        bytes.put16(0x0021, at: 24)
        place(in: &bytes, at: 0)
        return bytes
    }

    /// Puts cluster and size into the entry at `offset` of `bytes`; nothing else of it changes.
    func place(in bytes: inout [UInt8], at offset: Int) {
        bytes.put16(firstCluster >> 16, at: offset + 20)
        bytes.put16(firstCluster, at: offset + 26)
        bytes.put32(size, at: offset + 28)
    }
}

/// What a folder holds.
struct FATListing {
    /// Beyond this many entries a folder is refused.
    static let entryLimit = 65536

    private(set) var entries: [FATEntry] = []
    /// The first place for a new entry.
    private(set) var free: Int?
    /// That place is the end mark, so what follows it means nothing yet.
    private(set) var freeIsEnd = false

    /// The first file or folder of that name, which is the one GRUB and the firmware take.
    subscript(name: ShortName) -> FATEntry? { entries.first { $0.name == name } }

    init(of folder: FATVolume.Folder, on volume: FATVolume) throws(FATError) {
        switch folder {
        case .fixed(let range): try self.init(in: [range], on: volume)
        case .clusters(let first):
            let chain = try volume.chain(from: first, limit: Self.clusterLimit(on: volume))
            try self.init(in: chain.map(volume.range), on: volume)
        }
    }

    /// What lies in `places`, one after the other.
    init(in places: [Range<Int>], on volume: FATVolume) throws(FATError) {
        for place in places {
            if try !read(place, volume) { return }
        }
    }

    /// Clusters a folder may have.
    static func clusterLimit(on volume: FATVolume) -> Int {
        max(entryLimit * FATEntry.byteCount / volume.clusterSize, 1)
    }

    /// False when the end mark was found.
    private mutating func read(
        _ place: Range<Int>,
        _ volume: FATVolume
    ) throws(FATError) -> Bool {
        let bytes = try volume.device.bytes(place)
        for start in stride(from: 0, to: bytes.count, by: FATEntry.byteCount) {
            let entry = Array(bytes[start..<(start + FATEntry.byteCount)])
            let offset = place.lowerBound + start
            if entry[0] == FATEntry.endMark {
                if free == nil { (free, freeIsEnd) = (offset, true) }
                return false
            }
            if entry[0] == FATEntry.deletedMark {
                if free == nil { free = offset }
                continue
            }
            // Long names and the volume's label carry this bit too.
            if entry[11] & FATEntry.labelAttribute != 0 { continue }
            entries.append(FATEntry(entry, at: offset, volume.kind))
        }
        return true
    }
}
