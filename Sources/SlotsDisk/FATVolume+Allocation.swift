import Slots

extension FATVolume {
    /// Free neighbouring clusters that are at least `distance` bytes from each of `others`; when
    /// there are none so far off, the farthest ones. None that `owners` has, whose table entry may
    /// be what is damaged.
    ///
    /// Throws `.damaged` when the file system is full.
    func freeRun(
        of count: Int,
        awayFrom others: [Int],
        distance: Int,
        sparing owners: FATOwners
    ) throws(FATError) -> Range<Int> {
        var best: (run: Range<Int>, distance: Int)?
        var length = 0
        let owned = owners.all
        try forEachEntry { (cluster, value) in
            length = value == 0 && !owned.contains(cluster) ? length + 1 : 0
            guard length >= count else { return true }
            let run = (cluster - count + 1)..<(cluster + 1)
            let nearest = others.map { gap(between: run, and: $0) }.min() ?? .max
            if nearest > best?.distance ?? 0 { best = (run, nearest) }
            return nearest < distance
        }
        guard let best else { throw .damaged(reason: "no free cluster") }
        return best.run
    }

    /// Links `run` to a chain in every table, and keeps FAT32's count of free clusters right.
    ///
    /// Flushed when it returns.
    func link(_ run: Range<Int>) throws(FATError) {
        for cluster in run.reversed() {
            let isLast = cluster == run.upperBound - 1
            try setEntry(of: cluster, to: isLast ? kind.endOfChain : cluster + 1)
        }
        try countDown(by: run.count)
        do { try device.flush() } catch { throw .device(error) }
    }

    /// Writes `entry` in one logical sector; durable when it returns.
    ///
    /// When it takes the place of the end mark, the mark moves on: inside the same sector at
    /// least, so that no stale bytes come to life.
    func write(_ entry: FATEntry, movingEnd: Bool) throws(FATError) {
        var bytes = entry.bytes
        let end = entry.offset + bytes.count
        if movingEnd, !end.isMultiple(of: device.sectorSize) { bytes.append(FATEntry.endMark) }
        try device.put(bytes, at: entry.offset)
    }

    private func gap(between run: Range<Int>, and other: Int) -> Int {
        let distance = other < run.lowerBound ? run.lowerBound - other : other - run.upperBound + 1
        return distance * clusterSize
    }

    /// Source: Microsoft FAT specification 1.03, section 5 (FSInfo).
    private func countDown(by count: Int) throws(FATError) {
        guard let infoSector, infoSector > 0 else { return }
        var bytes = try device.bytes(infoSector..<(infoSector + 512))
        let free = bytes.number32(488)
        guard bytes.number32(0) == 0x4161_5252, bytes.number32(484) == 0x6141_7272,
            (count...clusters.count).contains(free)
        else { return }
        bytes.put32(free - count, at: 488)
        do { try device.write(bytes.span, at: infoSector) } catch { throw .device(error) }
    }
}
