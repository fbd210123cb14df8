import Slots

extension SystemPartition {
    /// Makes a copy's file anew, and the folder too when it is missing.
    ///
    /// Clusters a broken entry led to are left alone: they may be another file's by now.
    func recreate(
        _ copy: Int,
        _ block: [UInt8],
        _ listing: FATListing?,
        on volume: FATVolume
    ) throws(FATError) {
        let owners = FATOwners(on: volume)
        let listing =
            if let listing { listing } else { try makeFolder(on: volume, sparing: owners) }
        let others = (0..<Self.copyCount).filter { $0 != copy }
            .compactMap { listing[Self.name(of: $0)]?.firstCluster }
            .filter(volume.clusters.contains)
        let name = Self.name(of: copy)
        let broken = listing[name]
        guard let place = broken?.offset ?? listing.free else {
            throw .damaged(reason: "no room in the folder KEEL")
        }
        guard !owners.hasLoader(at: place, on: volume) else {
            throw .damaged(reason: "a boot loader lies in the folder KEEL")
        }
        // 1. The content, where nothing leads yet.
        let count = (Self.blockSize + volume.clusterSize - 1) / volume.clusterSize
        let run = try volume.freeRun(
            of: count,
            awayFrom: others,
            distance: Self.distance,
            sparing: owners
        )
        try device.put(block, at: volume.range(of: run.lowerBound).lowerBound)
        // 2. The table: still nothing leads there.
        try volume.link(run)
        // 3. The name, in one sector.
        let entry = FATEntry(
            name: name,
            isFolder: false,
            firstCluster: run.lowerBound,
            size: Self.blockSize,
            offset: place
        )
        try volume.write(entry, movingEnd: broken == nil && listing.freeIsEnd)
    }

    /// Makes an empty `KEEL` in the root, in the same order: content, table, name.
    private func makeFolder(
        on volume: FATVolume,
        sparing owners: FATOwners
    ) throws(FATError) -> FATListing {
        let root = try FATListing(of: volume.root, on: volume)
        guard root[Self.folder] == nil else { throw .damaged(reason: "KEEL is not a folder") }
        guard let place = root.free else { throw .damaged(reason: "no room in the root folder") }
        guard !owners.hasLoader(at: place, on: volume) else {
            throw .damaged(reason: "a boot loader lies in the root folder")
        }
        let run = try volume.freeRun(of: 1, awayFrom: [], distance: 0, sparing: owners)
        let content = FATFolderBytes.empty(
            cluster: run.lowerBound,
            parent: 0,
            size: volume.clusterSize
        )
        try device.put(content, at: volume.range(of: run.lowerBound).lowerBound)
        try volume.link(run)
        let entry = FATEntry(
            name: Self.folder,
            isFolder: true,
            firstCluster: run.lowerBound,
            size: 0,
            offset: place
        )
        try volume.write(entry, movingEnd: root.freeIsEnd)
        return try FATListing(of: .clusters(first: run.lowerBound), on: volume)
    }
}

/// The bytes of a new folder.
package enum FATFolderBytes {
    /// One cluster with `.` and `..` in it; `parent` is 0 when that is the root.
    package static func empty(cluster: Int, parent: Int, size: Int) -> [UInt8] {
        let entries = [(ShortName.this, cluster), (.parent, parent)].map {
            FATEntry(name: $0.0, isFolder: true, firstCluster: $0.1, size: 0, offset: 0).bytes
        }
        return entries[0] + entries[1] + [UInt8](repeating: 0, count: size - 64)
    }
}
