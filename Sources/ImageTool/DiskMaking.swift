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
    let given: GivenFiles?
    let search: LoaderSearch
    private let hashing = OpenSSLHashing()

    init(
        image: String,
        policy: TrustPolicy,
        slotSize: Int,
        given: GivenFiles? = nil,
        search: LoaderSearch
    ) {
        self.image = image
        self.policy = policy
        self.slotSize = slotSize
        self.given = given
        self.search = search
    }

    /// Everything that can be refused before a byte is written.
    struct Plan {
        let bundle: BundleFile
        let release: Release
        let index: ChunkIndex
        let loaderPath: String
        let loader: LoaderFile
        /// What `KEELOS_GIVEN` begins with.
        let given: [UInt8]?
    }

    func plan(now: Timestamp) throws(ToolError) -> Plan {
        let release = try Verify.check(image, policy: policy, now: now)
        let bundle = try BundleFile(image)
        let size = SlotLayout(of: release).size
        guard size <= slotSize else {
            throw .distrust(image, .doesNotFit(size: size, capacity: slotSize))
        }
        let (path, loader) = try search.find(for: release.manifest)
        let files = given?.encoded()
        if given != nil, files == nil {
            throw .given("--identity and --config", .tooMuch(limit: GivenFiles.size))
        }
        return Plan(
            bundle: bundle,
            release: release,
            index: try bundle.index(hashing: hashing),
            loaderPath: path,
            loader: loader,
            given: files
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
            layout = try Layout.create(
                on: disk,
                slotSize: slotSize,
                identities: ids,
                given: plan.given == nil ? nil : identities.given
            )
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
        if let partition = layout.given, let files = plan.given {
            try give(files, try device(partition, of: disk), disk.path)
        }
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

    /// Writes what the node is given, and sees whether it reads back.
    private func give(
        _ files: [UInt8],
        _ device: any BlockDevice,
        _ path: String
    ) throws(ToolError) {
        try SlotWriter.erase(device, path)
        var found = [UInt8](repeating: 0, count: device.size)
        do throws(DeviceError) {
            try device.write(files.span, at: 0)
            try device.flush()
            var span = found.mutableSpan
            try device.read(into: &span, at: 0)
        } catch {
            throw .device(path, error)
        }
        guard let given, GivenFiles.find(in: found) == .files(given) else {
            throw .notAsWritten(path)
        }
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
    let given: GUID

    /// Bytes that it is made of.
    static let size = 84

    /// Made of random bytes, or of a digest's for an image that is the same each time.
    init(_ bytes: [UInt8]) {
        precondition(bytes.count == Self.size, "five identities of 16 bytes and a volume's of 4")
        func id(_ number: Int) -> GUID {
            GUID(random: Array(bytes[(16 * number)..<(16 * number + 16)]))
        }
        layout = Layout.Identities(
            disk: id(0),
            systemPartition: id(1),
            slots: PerSlot(a: id(2), b: id(3))
        )
        volume = bytes[64..<68].reduce(0) { $0 << 8 | UInt32($1) }
        given = GUID(random: Array(bytes[68..<84]))
    }

    /// The same for the same release. The first boot of a node gives it its own.
    static func fixed(for release: Release) -> DiskIdentities {
        let hashing = OpenSSLHashing()
        var bytes: [UInt8] = []
        for part in 0..<3 {
            let text = Array("keelos disk \(part)".utf8) + release.digest.bytes
            bytes += hashing.sha256(text.span).bytes
        }
        return DiskIdentities(Array(bytes[..<Self.size]))
    }

    static func random() throws(ToolError) -> DiskIdentities {
        do throws(KeyError) { return DiskIdentities(try RandomBytes.make(Self.size)) } catch {
            throw .crypto(error)
        }
    }
}
