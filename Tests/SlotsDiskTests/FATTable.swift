/// Where things are in the bytes of a FAT16 file system with sectors of 512 bytes.
///
/// Source: Microsoft FAT specification 1.03, section 3.
struct FATTable {
    /// Where each table starts.
    let starts: [Int]
    let dataStart: Int
    let clusterSize: Int

    init(of bytes: [UInt8]) {
        let first = 512 * Self.number(in: bytes, at: 14)
        let size = 512 * Self.number(in: bytes, at: 22)
        starts = (0..<Int(bytes[16])).map { first + $0 * size }
        dataStart = first + starts.count * size + 32 * Self.number(in: bytes, at: 17)
        clusterSize = 512 * Int(bytes[13])
    }

    /// The bytes of a cluster.
    func range(of cluster: Int) -> Range<Int> {
        let start = dataStart + (cluster - 2) * clusterSize
        return start..<(start + clusterSize)
    }

    /// The clusters from that of the folder's entry at `entry` to the end of their chain.
    func chain(ofEntryAt entry: Int, in bytes: [UInt8]) -> [Int] {
        var found: [Int] = []
        var cluster = Self.number(in: bytes, at: entry + 26)
        while (2..<0xFFF7).contains(cluster) {
            found.append(cluster)
            cluster = Self.number(in: bytes, at: starts[0] + 2 * cluster)
        }
        return found
    }

    /// Makes every table call `cluster` free.
    func free(_ cluster: Int, in bytes: inout [UInt8]) {
        for start in starts {
            let place = start + 2 * cluster
            bytes.replaceSubrange(place..<(place + 2), with: [0, 0])
        }
    }

    private static func number(in bytes: [UInt8], at offset: Int) -> Int {
        Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
    }
}
