import Slots

extension FATVolume {
    /// Table entries are read this many bytes at a time.
    private static let pieceSize = 4096

    /// The clusters from `first` to the end of its chain, at most `limit`.
    ///
    /// Throws `.damaged` for a chain that leaves the file system, is longer or runs in a circle.
    func chain(from first: Int, limit: Int) throws(FATError) -> [Int] {
        var found: [Int] = []
        var table = TableReader(self)
        var cluster = first
        while !kind.isEnd(cluster) || found.isEmpty {
            guard clusters.contains(cluster) else {
                throw .damaged(reason: "a chain leads to cluster \(cluster)")
            }
            guard found.count < limit else {
                throw .damaged(reason: "a chain from cluster \(first) does not end")
            }
            found.append(cluster)
            cluster = try table.value(of: cluster)
        }
        return found
    }

    /// The first `count` clusters from `first`; the chain may be longer.
    ///
    /// Throws `.damaged` when it is shorter, leaves the file system or comes back to itself.
    func chain(from first: Int, count: Int) throws(FATError) -> [Int] {
        var found: [Int] = []
        var table = TableReader(self)
        var cluster = first
        while found.count < count {
            guard clusters.contains(cluster), !found.contains(cluster) else {
                throw .damaged(reason: "a chain leads to cluster \(cluster)")
            }
            found.append(cluster)
            if found.count < count { cluster = try table.value(of: cluster) }
        }
        return found
    }

    /// The clusters from `first` to the end of its chain, or to where it breaks; at most `limit`.
    func sound(from first: Int, limit: Int) -> [Int] {
        var found: [Int] = []
        var table = TableReader(self)
        var cluster = first
        while clusters.contains(cluster), found.count < limit {
            found.append(cluster)
            do { cluster = try table.value(of: cluster) } catch { break }
        }
        return found
    }

    /// Calls `body` with each cluster number and what its table entry says, until it answers
    /// false.
    func forEachEntry(_ body: (Int, Int) -> Bool) throws(FATError) {
        var table = TableReader(self)
        for cluster in clusters {
            let value = try table.value(of: cluster)
            if !body(cluster, value) { return }
        }
    }

    /// Sets the entry of `cluster` in every table, not yet flushed.
    func setEntry(of cluster: Int, to value: Int) throws(FATError) {
        for table in tables {
            let offset = table.lowerBound + cluster * kind.entrySize
            var bytes = try device.bytes(offset..<(offset + kind.entrySize))
            if kind == .fat16 {
                bytes.put16(value, at: 0)
            } else {
                bytes.put32(bytes.number32(0) & ~0x0FFF_FFFF | value, at: 0)
            }
            do { try device.write(bytes.span, at: offset) } catch { throw .device(error) }
        }
    }

    /// Reads table entries, a piece of the table at a time.
    private struct TableReader {
        private let volume: FATVolume
        private let table: Range<Int>
        private var piece: [UInt8] = []
        private var start = 0

        init(_ volume: FATVolume) {
            self.volume = volume
            // A volume has at least one table.
            table = volume.tables[0]
        }

        mutating func value(of cluster: Int) throws(FATError) -> Int {
            let offset = table.lowerBound + cluster * volume.kind.entrySize
            if offset < start || offset >= start + piece.count {
                start = table.lowerBound + (offset - table.lowerBound) / pieceSize * pieceSize
                piece = try volume.device.bytes(start..<min(start + pieceSize, table.upperBound))
            }
            return volume.kind.value(in: piece, at: offset - start)
        }
    }
}
