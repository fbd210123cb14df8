public import Slots
public import SlotsDisk

/// Where everything is on a KeelOS disk: the system partition, the two slots, perhaps the data.
///
/// Partitions are found by name and type together. Invariants of a value: no two partitions of
/// the disk overlap or leave it, the slots are equally large and have the numbers the boot loader
/// looks for.
public struct Layout: Sendable, Hashable {
    public static let alignment = 1 << 20
    public static let systemName = "EFI-SYSTEM"
    public static let systemSize = 128 << 20
    public static let dataName = "KEELOS_DATA"
    /// A data partition whose file system is not complete yet.
    public static let newDataName = "KEELOS_DATA_NEW"
    /// What the node was given when its disk was made: `GivenFiles`.
    public static let givenName = "KEELOS_GIVEN"

    public let diskID: GUID
    public let systemPartition: Partition
    public let slots: PerSlot<Partition>
    /// `KEELOS_DATA` or `KEELOS_DATA_NEW`.
    public let data: Partition?
    /// `KEELOS_GIVEN`, of a disk that was made with something for the node.
    public let given: Partition?
    public let table: TableHealth

    public static func slotName(_ slot: Slot) -> String { "KEELOS_ROOT_\(slot.recordName)" }

    /// The number the boot loader looks for.
    static func slotNumber(_ slot: Slot) -> Int { slot == .a ? 2 : 3 }

    /// Reads a disk's table, or refuses it.
    ///
    /// A damaged primary is `.primaryDamaged`, unless `acceptingBackup` and the backup is sound:
    /// reading can go on with that, but writing a slot should wait until the table is repaired.
    public static func find(
        on disk: Disk,
        acceptingBackup: Bool
    ) throws(LayoutError) -> Layout {
        // libfdisk cannot open what is shorter than a sector.
        guard disk.size >= 2 * disk.sectorSize else { throw .noTable(found: nil) }
        let health = try TableHealth(of: disk)
        let context = try FdiskContext(on: disk, writing: false)
        guard let health else {
            // libfdisk sees the protective MBR of a table whose both copies are gone.
            let found = context.tableKind
            let hadTable = try isProtective(disk)
            throw hadTable ? .primaryDamaged(backupIsSound: false) : .noTable(found: found)
        }
        if health == .primaryDamaged, !acceptingBackup {
            throw .primaryDamaged(backupIsSound: true)
        }
        guard context.tableKind == "gpt" else { throw .noTable(found: context.tableKind) }
        return try Layout(
            of: try context.partitions(),
            diskID: try context.diskID(),
            diskSize: disk.size,
            table: health
        )
    }

    /// Decides what a list of partitions means. Pure.
    init(
        of partitions: [Partition],
        diskID: GUID,
        diskSize: Int,
        table: TableHealth
    ) throws(LayoutError) {
        try Self.requireDisjoint(partitions, in: diskSize)
        let system = try Self.only(Self.systemName, .systemType, in: partitions)
        let a = try Self.slot(.a, in: partitions)
        let b = try Self.slot(.b, in: partitions)
        guard a.range.count == b.range.count else {
            throw .unequalSlots(a: a.range.count, b: b.range.count)
        }
        let data = try Self.optional(Self.dataName, .dataType, in: partitions)
        let new = try Self.optional(Self.newDataName, .dataType, in: partitions)
        if let data, let new {
            throw .ambiguous(name: Self.dataName, numbers: [data.number, new.number])
        }
        self.diskID = diskID
        systemPartition = system
        slots = PerSlot(a: a, b: b)
        self.data = data ?? new
        given = try Self.optional(Self.givenName, .dataType, in: partitions)
        self.table = table
    }

    private static func slot(
        _ slot: Slot,
        in partitions: [Partition]
    ) throws(LayoutError) -> Partition {
        let name = slotName(slot)
        let found = try only(name, .rootType, in: partitions)
        guard found.number == slotNumber(slot) else {
            throw .wrongNumber(name: name, found: found.number, expected: slotNumber(slot))
        }
        return found
    }

    private static func only(
        _ name: String,
        _ type: GUID,
        in partitions: [Partition]
    ) throws(LayoutError) -> Partition {
        guard let found = try optional(name, type, in: partitions) else {
            throw .missing(name: name)
        }
        return found
    }

    private static func optional(
        _ name: String,
        _ type: GUID,
        in partitions: [Partition]
    ) throws(LayoutError) -> Partition? {
        let named = partitions.filter { $0.name == name }
        guard named.count <= 1 else { throw .ambiguous(name: name, numbers: named.map(\.number)) }
        if let found = named.first, found.type != type {
            throw .wrongType(name: name, found: found.type, expected: type)
        }
        return named.first
    }

    private static func requireDisjoint(
        _ partitions: [Partition],
        in size: Int
    ) throws(LayoutError) {
        let sorted = partitions.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for partition in sorted where partition.range.upperBound > size {
            throw .beyondEnd(
                number: partition.number,
                end: partition.range.upperBound,
                size: size
            )
        }
        for (one, next) in zip(sorted, sorted.dropFirst()) where one.range.overlaps(next.range) {
            throw .overlapping(one.number, next.number)
        }
    }

    /// Whether the first sector says that a GUID partition table follows (type EE).
    private static func isProtective(_ disk: Disk) throws(LayoutError) -> Bool {
        do {
            let sector = try disk.bytes(0..<512)
            return sector[510] == 0x55 && sector[511] == 0xAA && sector[450] == 0xEE
        } catch {
            throw .disk(error)
        }
    }
}
