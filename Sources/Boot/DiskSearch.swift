import SlotsDisk
import Syscalls

/// A disk with the partition that the boot loader named.
struct FoundDisk: Sendable, Hashable {
    /// The whole disk's node, such as `/dev/vda`.
    let node: String
    let table: PartitionTable
    let isRemovable: Bool
    /// Where it hangs: the kernel's path of the device.
    let place: String
}

/// Finds our disk: the one that holds the partition GRUB named by its GUID. Names are the kernel's
/// own, read from `/sys`, never built.
struct DiskSearch {
    let ground: any Ground

    /// Every disk that has the partition, ours first: those that stay before those that can be
    /// removed, then by their place on the bus.
    func disks(with partition: String) -> [FoundDisk] {
        let found = ground.list("/sys/block").compactMap { disk(named: $0) }
        return found.filter { $0.table.entry(id: partition) != nil }.sorted(by: Self.comesBefore)
    }

    /// The disk with this node, whatever its partitions are called by now: the first boot gives
    /// them new GUIDs.
    func disk(at node: String) -> FoundDisk? {
        ground.list("/sys/block").first { Self.node(of: $0) == node }.flatMap { disk(named: $0) }
    }

    private func disk(named name: String) -> FoundDisk? {
        guard let table = table(of: name) else { return nil }
        return FoundDisk(
            node: Self.node(of: name),
            table: table,
            isRemovable: ground.text("/sys/block/\(name)/removable") == "1",
            place: (try? ground.target(of: "/sys/block/\(name)")) ?? name
        )
    }

    /// The kernel writes `!` for the `/` in a name.
    private static func node(of name: String) -> String {
        "/dev/" + name.map { $0 == "!" ? "/" : String($0) }.joined()
    }

    /// The node of a partition of a disk, by its number.
    func node(of entry: PartitionTable.Entry, on disk: FoundDisk) -> String? {
        let name = disk.node.dropFirst("/dev/".count).map { $0 == "/" ? "!" : String($0) }.joined()
        let folder = "/sys/block/\(name)"
        for part in ground.list(folder) {
            guard ground.text("\(folder)/\(part)/partition") == String(entry.number),
                let size = ground.text("\(folder)/\(part)/size").flatMap({ Int($0) }),
                size * 512 == entry.range.count,
                let line = ground.text("\(folder)/\(part)/uevent")?.split(separator: "\n")
                    .first(where: { $0.hasPrefix("DEVNAME=") })
            else { continue }
            return "/dev/" + line.dropFirst("DEVNAME=".count)
        }
        return nil
    }

    private static func comesBefore(_ left: FoundDisk, _ right: FoundDisk) -> Bool {
        if left.isRemovable != right.isRemovable { return right.isRemovable }
        return Natural.isLess(left.place, right.place)
    }

    /// The primary table, else its backup at the end; `nil` when neither is whole.
    private func table(of name: String) -> PartitionTable? {
        let folder = "/sys/block/\(name)"
        guard
            let sectorSize = ground.text("\(folder)/queue/logical_block_size").flatMap({ Int($0) }),
            let size = ground.text("\(folder)/size").flatMap({ Int($0) }).map({ $0 * 512 }),
            [512, 4096].contains(sectorSize), size >= 64 * sectorSize
        else { return nil }
        let node = Self.node(of: name)
        for sector in [1, size / sectorSize - 1] {
            let place = (sector * sectorSize)..<((sector + 1) * sectorSize)
            guard let bytes = try? ground.read(node, range: place),
                let header = TableHeader(bytes, sector: sector),
                header.entries.upperBound <= size,
                let entries = try? ground.read(node, range: header.entries),
                let table = PartitionTable(header, entries: entries)
            else { continue }
            return table
        }
        return nil
    }
}

/// Order of paths with numbers in them, as people count: `host2` before `host10`. Parts of equal
/// length compare as text, which is right for the hexadecimal numbers of PCI addresses too.
enum Natural {
    static func isLess(_ left: String, _ right: String) -> Bool {
        let parts = zip(left.split(separator: "/"), right.split(separator: "/"))
        for (one, other) in parts where one != other {
            return one.utf8.count == other.utf8.count
                ? one < other : isPartLess(one, other)
        }
        return left.utf8.count < right.utf8.count
    }

    private static func isPartLess(_ left: Substring, _ right: Substring) -> Bool {
        let (left, right) = (pieces(left), pieces(right))
        for (one, other) in zip(left, right) where one != other {
            if isNumber(one), isNumber(other), one.count != other.count {
                return one.count < other.count
            }
            return one.lexicographicallyPrecedes(other)
        }
        return left.count < right.count
    }

    private static func pieces(_ text: Substring) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        for byte in text.utf8 {
            if let last = pieces.last, isNumber(last) == isNumber([byte]) {
                pieces[pieces.count - 1].append(byte)
            } else {
                pieces.append([byte])
            }
        }
        return pieces
    }

    private static func isNumber(_ piece: [UInt8]) -> Bool {
        piece.allSatisfy { (48...57).contains($0) }
    }
}
