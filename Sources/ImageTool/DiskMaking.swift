import Slots
import SlotsDisk
import SlotsLayout
import Syscalls
import Trust

/// Makes a disk that boots a release: partition table, EFI system partition, slot a.
///
/// The system partition is made last: until then the firmware finds nothing to start.
struct DiskMaking {
    let image: String
    let policy: TrustPolicy
    let slotSize: Int
    let search: LoaderSearch
    private let hashing = OpenSSLHashing()

    init(image: String, policy: TrustPolicy, slotSize: Int, search: LoaderSearch) {
        self.image = image
        self.policy = policy
        self.slotSize = slotSize
        self.search = search
    }

    /// Everything that can be refused before a byte is written.
    struct Plan {
        let bundle: BundleFile
        let release: Release
        let index: ChunkIndex
        let loaderPath: String
        let loader: LoaderFile
    }

    func plan(now: Timestamp) throws(ToolError) -> Plan {
        let release = try Verify.check(image, policy: policy, now: now)
        let bundle = try BundleFile(image)
        let size = SlotLayout(of: release).size
        guard size <= slotSize else {
            throw .distrust(image, .doesNotFit(size: size, capacity: slotSize))
        }
        let (path, loader) = try search.find(for: release.manifest)
        return Plan(
            bundle: bundle,
            release: release,
            index: try bundle.index(hashing: hashing),
            loaderPath: path,
            loader: loader
        )
    }

    /// Writes `plan` to `disk`, whose content is lost.
    func write(
        _ plan: Plan,
        to disk: Disk,
        identities: DiskIdentities
    ) throws(ToolError) {
        let record = BootRecord(preferred: .a, a: .good, b: .none, sequence: 1)
        let formatter: SystemPartitionFormatter
        do throws(LoaderError) {
            formatter = try SystemPartitionFormatter(
                volumeID: identities.volume,
                loader: plan.loader.bytes,
                record: record.encoded()
            )
        } catch {
            throw .firmwareFile(plan.loaderPath, error)
        }
        let layout: Layout
        do throws(LayoutError) {
            let ids = identities.layout
            layout = try Layout.create(on: disk, slotSize: slotSize, identities: ids)
        } catch {
            throw .layout(disk.path, error)
        }
        let system = try device(layout.systemPartition, of: disk)
        let slots = PerSlot<any BlockDevice>(
            a: try device(layout.slots.a, of: disk),
            b: try device(layout.slots.b, of: disk)
        )
        try SlotWriter.erase(system, disk.path)
        try SlotWriter.erase(slots.b, disk.path)
        let writer = SlotWriter(
            device: slots.a,
            release: plan.release,
            index: plan.index,
            path: disk.path
        )
        try writer.write(plan.bundle)
        do throws(DeviceError) { try formatter.format(system) } catch {
            throw .device(disk.path, error)
        }
        try prove(plan.release, record, system, slots, disk.path)
    }

    /// Looks at the disk as a node will: the record, and every byte of the slot it grants.
    private func prove(
        _ release: Release,
        _ record: BootRecord,
        _ system: any BlockDevice,
        _ slots: PerSlot<any BlockDevice>,
        _ path: String
    ) throws(ToolError) {
        let machine = Machine(
            slots: slots,
            bootLoader: RecordBootLoader(store: SystemPartition(on: system)),
            boot: .offline,
            policy: policy,
            hashing: hashing,
            checker: Ed25519Checker(),
            clock: MonotonicClock(),
            history: nil,
            moment: { Moment() },
            loaderContract: nil,
            isClockGood: false
        )
        do throws(UpdateError) {
            let node = try Engine(reading: machine).node()
            let whole = RecordCopies.Copy.whole(record)
            guard node.copies.copies == [whole, whole, whole], node.next == .a,
                node.contents.a.release?.digest == release.digest, node.contents.b == .empty
            else { throw UpdateError.nothingToActivate(.a) }
            try machine.prove(.a, node)
        } catch {
            throw .notAsWritten(path)
        }
    }

    private func device(
        _ partition: Partition,
        of disk: Disk
    ) throws(ToolError) -> PartitionDevice {
        do throws(DiskError) {
            return try disk.device(partition.range, hashing: hashing, rate: nil)
        } catch {
            throw .disk(error)
        }
    }
}

/// The identities of a new disk, of its partitions and of its system partition's file system.
struct DiskIdentities {
    let layout: Layout.Identities
    let volume: UInt32

    /// Made of 68 bytes: random ones, or a digest's for an image that is the same each time.
    init(_ bytes: [UInt8]) {
        precondition(bytes.count == 68, "four identities of 16 bytes and a volume's of 4")
        func id(_ number: Int) -> GUID {
            GUID(random: Array(bytes[(16 * number)..<(16 * number + 16)]))
        }
        layout = Layout.Identities(
            disk: id(0),
            systemPartition: id(1),
            slots: PerSlot(a: id(2), b: id(3))
        )
        volume = bytes[64..<68].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The same for the same release. The first boot of a node gives it its own.
    static func fixed(for release: Release) -> DiskIdentities {
        let hashing = OpenSSLHashing()
        var bytes: [UInt8] = []
        for part in 0..<3 {
            let text = Array("keelos disk \(part)".utf8) + release.digest.bytes
            bytes += hashing.sha256(text.span).bytes
        }
        return DiskIdentities(Array(bytes[..<68]))
    }

    static func random() throws(ToolError) -> DiskIdentities {
        do throws(KeyError) { return DiskIdentities(try RandomBytes.make(68)) } catch {
            throw .crypto(error)
        }
    }
}
