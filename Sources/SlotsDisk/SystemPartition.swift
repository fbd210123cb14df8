public import Slots

/// The three copies of the boot record, on a FAT file system that is never mounted.
///
/// Each call walks the file system anew and writes at most what it must: a copy that is where it
/// should be costs one logical sector. Invariants: no byte outside the copy's own first 1024
/// changes while its file is whole; a file made anew is content first, then table, then name, each
/// flushed, so a power cut leaves the old state or the new one.
public final class SystemPartition: RecordStore {
    public static let copyCount = 3
    static let blockSize = 1024
    static let folder = ShortName("KEEL")
    /// Copies share no erase block.
    static let distance = 1 << 20

    let device: any BlockDevice

    /// `device` is the EFI system partition.
    public init(on device: any BlockDevice) { self.device = device }

    static func name(of copy: Int) -> ShortName {
        precondition((0..<copyCount).contains(copy), "there are three copies")
        return ShortName("ENV\(copy)")
    }

    public func readCopy(_ copy: Int) throws(RecordStoreError) -> [UInt8] {
        try walk()(copy)
    }

    /// One walk for all three.
    public func readCopies() -> [Result<[UInt8], RecordStoreError>] {
        let walked = Result { () throws(RecordStoreError) in try walk() }
        return (0..<Self.copyCount).map { copy in
            Result { () throws(RecordStoreError) in try walked.get()(copy) }
        }
    }

    /// Finds the folder, and reads a copy in it.
    private func walk() throws(RecordStoreError) -> Reader {
        do throws(FATError) {
            let volume = try FATVolume(on: device)
            let listing = try recordListing(on: volume)
            return { (copy) throws(RecordStoreError) in
                guard let entry = listing?[Self.name(of: copy)], !entry.isFolder, entry.size > 0
                else { throw .missing }
                do throws(FATError) { return try self.read(entry, on: volume) } catch {
                    throw RecordStoreError(error)
                }
            }
        } catch {
            throw RecordStoreError(error)
        }
    }

    private typealias Reader = (_ copy: Int) throws(RecordStoreError) -> [UInt8]

    private func read(_ entry: FATEntry, on volume: FATVolume) throws(FATError) -> [UInt8] {
        var bytes: [UInt8] = []
        let size = min(entry.size, Self.blockSize)
        for range in try places(of: entry, size: size, on: volume) {
            bytes += try device.bytes(range)
        }
        return bytes
    }

    public func writeCopy(_ copy: Int, _ block: [UInt8]) throws(RecordStoreError) {
        precondition(block.count == Self.blockSize, "a record block has 1024 bytes")
        do throws(FATError) {
            let volume = try FATVolume(on: device)
            let listing = try recordListing(on: volume)
            if let listing, let places = try wholeCopy(copy, in: listing, on: volume) {
                try overwrite(places, with: block)
            } else {
                try recreate(copy, block, listing, on: volume)
            }
        } catch {
            throw RecordStoreError(error)
        }
    }

    /// `KEEL` in the root; `nil` when there is no such folder.
    func recordFolder(on volume: FATVolume) throws(FATError) -> FATVolume.Folder? {
        let root = try FATListing(of: volume.root, on: volume)
        guard let entry = root[Self.folder], entry.isFolder else { return nil }
        return .clusters(first: entry.firstCluster)
    }

    private func recordListing(on volume: FATVolume) throws(FATError) -> FATListing? {
        try recordFolder(on: volume).map { (folder) throws(FATError) in
            try FATListing(of: folder, on: volume)
        }
    }

    /// Where the first `size` bytes of a file are.
    private func places(
        of entry: FATEntry,
        size: Int,
        on volume: FATVolume
    ) throws(FATError) -> [Range<Int>] {
        let count = (size + volume.clusterSize - 1) / volume.clusterSize
        var left = size
        return try volume.chain(from: entry.firstCluster, count: count).map {
            let range = volume.range(of: $0)
            let part = range.lowerBound..<min(range.upperBound, range.lowerBound + left)
            left -= part.count
            return part
        }
    }

    /// Where a copy's 1024 bytes are; `nil` when its file is missing, too short, leads nowhere,
    /// or leads into what is another's.
    private func wholeCopy(
        _ copy: Int,
        in listing: FATListing,
        on volume: FATVolume
    ) throws(FATError) -> [Range<Int>]? {
        guard let entry = listing[Self.name(of: copy)], !entry.isFolder,
            entry.size >= Self.blockSize, volume.clusters.contains(entry.firstCluster)
        else { return nil }
        guard FATOwners(on: volume).isAlone(copy) else { return nil }
        do { return try places(of: entry, size: Self.blockSize, on: volume) } catch {
            if case .damaged = error { return nil }
            throw error
        }
    }

    /// Writes the sector that carries the record; padding before it, and only where it differs.
    private func overwrite(_ places: [Range<Int>], with block: [UInt8]) throws(FATError) {
        var start = 0
        var sectors: [(offset: Int, bytes: [UInt8])] = []
        for place in places {
            let step = min(device.sectorSize, Self.blockSize)
            for offset in stride(from: place.lowerBound, to: place.upperBound, by: step) {
                let count = min(step, place.upperBound - offset)
                sectors.append((offset, Array(block[start..<(start + count)])))
                start += count
            }
        }
        for sector in sectors.dropFirst() {
            let range = sector.offset..<(sector.offset + sector.bytes.count)
            if try device.bytes(range) != sector.bytes {
                try device.put(sector.bytes, at: sector.offset)
            }
        }
        // Last, because it is the one that counts.
        if let first = sectors.first { try device.put(first.bytes, at: first.offset) }
    }
}
