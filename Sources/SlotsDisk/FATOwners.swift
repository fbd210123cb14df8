import Slots

/// Whose clusters are whose on the system partition, as far as their chains can be followed.
///
/// A flipped bit in one entry can make a copy of the record lead into the boot loader, or the spare
/// loader into a folder: a write through such an entry would destroy what it does not own. One in
/// the table can call a cluster free that the firmware reads all the same, by its file's size.
struct FATOwners {
    /// Of the root, where it has some, `KEEL`, `EFI` and `EFI/BOOT`.
    private(set) var folders: Set<Int> = []
    /// Of both loaders.
    private(set) var loaders: Set<Int> = []
    /// Of the first block of each copy.
    private(set) var copies: [Set<Int>] = []

    init(on volume: FATVolume) {
        let root = enter(volume.root, on: volume)
        let keel = enter(root?[SystemPartition.folder], on: volume)
        let boot = LoaderFiles.folders.reduce(root) { enter($0?[$1], on: volume) }
        let limit = (LoaderFiles.limit + volume.clusterSize - 1) / volume.clusterSize
        for name in [LoaderFiles.loader, LoaderFiles.spare] {
            loaders.formUnion(chain(of: boot?[ShortName(name)], on: volume, atMost: limit))
        }
        let count = (SystemPartition.blockSize + volume.clusterSize - 1) / volume.clusterSize
        copies = (0..<SystemPartition.copyCount).map { copy in
            Set(
                chain(
                    of: keel?[SystemPartition.name(of: copy)],
                    on: volume,
                    atMost: count
                )
            )
        }
    }

    /// Every cluster that has an owner, whatever the table says of it.
    var all: Set<Int> { copies.reduce(folders.union(loaders)) { $0.union($1) } }

    /// Whether a loader's bytes are at `offset`, where a folder should have room for an entry.
    func hasLoader(at offset: Int, on volume: FATVolume) -> Bool {
        loaders.contains { volume.range(of: $0).contains(offset) }
    }

    /// Whether nothing but the copy itself lies in its clusters.
    func isAlone(_ copy: Int) -> Bool {
        copies.indices.filter { $0 != copy }.map { copies[$0] }
            .reduce(folders.union(loaders)) { $0.union($1) }
            .isDisjoint(with: copies[copy])
    }

    /// Whether neither a folder nor a copy of the record lies in the clusters of a loader, and no
    /// copy in those of a folder, where the two names will trade places.
    func areApart(fromLoader clusters: [Int]) -> Bool {
        let blocks = copies.reduce(Set()) { $0.union($1) }
        return folders.union(blocks).isDisjoint(with: clusters) && blocks.isDisjoint(with: folders)
    }

    private mutating func enter(_ entry: FATEntry?, on volume: FATVolume) -> FATListing? {
        guard let entry, entry.isFolder else { return nil }
        return enter(.clusters(first: entry.firstCluster), on: volume)
    }

    /// What can be read of a folder, up to where its chain breaks.
    private mutating func enter(_ folder: FATVolume.Folder, on volume: FATVolume) -> FATListing? {
        let places: [Range<Int>]
        switch folder {
        case .fixed(let range): places = [range]
        case .clusters(let first):
            let limit = FATListing.clusterLimit(on: volume)
            let clusters = volume.sound(from: first, limit: limit)
            folders.formUnion(clusters)
            places = clusters.map(volume.range)
        }
        do throws(FATError) { return try FATListing(in: places, on: volume) } catch { return nil }
    }

    /// The clusters of a file up to where its chain breaks.
    private func chain(
        of entry: FATEntry?,
        on volume: FATVolume,
        atMost limit: Int
    ) -> [Int] {
        guard let entry, !entry.isFolder else { return [] }
        return volume.sound(from: entry.firstCluster, limit: limit)
    }
}
