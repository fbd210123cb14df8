import Slots
import SlotsDisk

/// Folders and files laid out one after the other in the clusters of a new FAT16 file system.
struct FATTree {
    private struct Item {
        let first: Int
        let bytes: [UInt8]
    }

    private var folders: [(path: [String], files: [(name: String, bytes: [UInt8])])] = []

    /// Adds `outer`, or `outer`/`inner`, with its files in this order.
    mutating func add(_ path: String..., files: [(name: String, bytes: [UInt8])]) {
        folders.append((path, files))
    }

    /// Writes the clusters, both tables and the root folder; not flushed.
    func write(to device: any BlockDevice) throws(DeviceError) {
        var items: [Item] = []
        var root = [Self.labelEntry]
        var next = 2
        // Folders first, one cluster each, then all files: each in one piece.
        var inner: [(entries: [UInt8], cluster: Int)] = []
        for folder in folders {
            var parent = 0
            for name in folder.path {
                let entry = Self.folderEntry(name, next)
                if parent == 0 {
                    root.append(entry)
                } else {
                    inner[inner.count - 1].entries += entry
                }
                let empty = FATFolderBytes.empty(cluster: next, parent: parent, size: 64)
                inner.append((empty, next))
                parent = next
                next += 1
            }
        }
        var index = -1
        for folder in folders {
            index += folder.path.count
            for file in folder.files {
                let entry = FATEntry(
                    name: ShortName(file.name),
                    isFolder: false,
                    firstCluster: next,
                    size: file.bytes.count,
                    offset: 0
                )
                inner[index].entries += entry.bytes
                items.append(Item(first: next, bytes: file.bytes))
                next += Self.clusterCount(file.bytes.count)
            }
        }
        items += inner.map { Item(first: $0.cluster, bytes: $0.entries) }
        for item in items { try Self.write(item, to: device) }
        try Self.writeTables(items, to: device)
        let rootBytes = Self.padded(root.flatMap { $0 }, to: SystemPartitionFormatter.rootSize)
        let rootStart = SystemPartitionFormatter.dataStart - SystemPartitionFormatter.rootSize
        try device.write(rootBytes.span, at: rootStart)
    }

    private static func write(_ item: Item, to device: any BlockDevice) throws(DeviceError) {
        let size = SystemPartitionFormatter.clusterSize
        let offset = SystemPartitionFormatter.dataStart + (item.first - 2) * size
        let bytes = padded(item.bytes, to: clusterCount(item.bytes.count) * size)
        try device.write(bytes.span, at: offset)
    }

    private static func writeTables(
        _ items: [Item],
        to device: any BlockDevice
    ) throws(DeviceError) {
        var table = [UInt8](repeating: 0, count: SystemPartitionFormatter.tableSize)
        table.put16(0xFFF8, at: 0)  // the medium's kind again
        table.put16(0xFFFF, at: 2)  // cleanly unmounted, no errors
        for item in items {
            let end = item.first + clusterCount(item.bytes.count)
            for cluster in item.first..<end {
                table.put16(cluster + 1 < end ? cluster + 1 : 0xFFFF, at: cluster * 2)
            }
        }
        for copy in 0..<2 {
            let start = SystemPartitionFormatter.clusterSize + copy * table.count
            try device.write(table.span, at: start)
        }
    }

    private static func folderEntry(_ name: String, _ cluster: Int) -> [UInt8] {
        FATEntry(
            name: ShortName(name),
            isFolder: true,
            firstCluster: cluster,
            size: 0,
            offset: 0
        ).bytes
    }

    private static var labelEntry: [UInt8] {
        var bytes = FATEntry(
            name: ShortName(of: Array(SystemPartitionFormatter.label.utf8)),
            isFolder: false,
            firstCluster: 0,
            size: 0,
            offset: 0
        ).bytes
        bytes[11] = FATEntry.labelAttribute
        return bytes
    }

    private static func clusterCount(_ bytes: Int) -> Int {
        let size = SystemPartitionFormatter.clusterSize
        return (bytes + size - 1) / size
    }

    private static func padded(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: count - bytes.count)
    }
}
