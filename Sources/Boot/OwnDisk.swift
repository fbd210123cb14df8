import Slots
import SlotsDisk
import Syscalls
import Trust

/// What the first process does to the slots and the boot record of our disk.
protocol SlotKeeping: AnyObject {
    /// The release in the slot, if this trust believes it.
    func release(in slot: Slot) throws(BootFault) -> Release
    /// What the record says; `nil` when every copy is lost or the disk cannot be read.
    func record() -> BootRecord?
    /// Makes the copies of the record whole again.
    func repair() throws(BootFault)
    /// Takes the slot's right to boot away for good.
    func fail(_ slot: Slot) throws(BootFault)
    /// Prefers the slot for this many boots.
    func arm(_ slot: Slot, attempts: Int) throws(BootFault)
    /// Adds a line to the node's history, which the agent reads.
    func remember(_ entry: HistoryEntry) throws(HistoryError)
}

/// Our disk, through the engine's own ports. Opens it anew for each call and holds the one
/// writer's lock only while it writes.
final class OwnDisk: SlotKeeping {
    /// How long another writer is waited for.
    private static let patience = Duration.seconds(10)

    private let node: String
    private let table: PartitionTable
    private let files: any Files

    init(_ disk: FoundDisk, trustedBy files: any Files) {
        node = disk.node
        table = disk.table
        self.files = files
    }

    func release(in slot: Slot) throws(BootFault) -> Release {
        let name = "KEELOS_ROOT_\(slot.recordName)"
        guard let entry = table.entry(named: name, type: PartitionTable.rootType) else {
            throw BootFault("disk", "\(node) has no partition \(name)")
        }
        let policy = try policy()
        let device = try open(entry, for: .reading)
        let machine = Machine(
            slots: PerSlot(a: device, b: device),
            bootLoader: try loader(for: .reading),
            boot: .running(slot, lastResort: false),
            policy: policy,
            hashing: OpenSSLHashing(),
            checker: Ed25519Checker(),
            clock: MonotonicClock(),
            history: nil,
            moment: { Moment() },
            loaderContract: nil,
            isClockGood: false
        )
        let content: SlotContent
        do { content = try machine.readContent(of: slot) } catch {
            throw BootFault("disk", "slot \(slot) cannot be read: \(error.sentence)")
        }
        guard let release = content.release else { throw .content(content, of: slot) }
        return release
    }

    func record() -> BootRecord? {
        do { return try loader(for: .reading).copies().inForce?.record } catch { return nil }
    }

    func repair() throws(BootFault) {
        try change { (loader) throws(BootLoaderError) in
            guard loader.copies().inForce != nil else { return }
            try loader.repair()
        }
    }

    func fail(_ slot: Slot) throws(BootFault) {
        try change { (loader) throws(BootLoaderError) in try loader.revoke(slot, as: .failed) }
    }

    func arm(_ slot: Slot, attempts: Int) throws(BootFault) {
        try change { (loader) throws(BootLoaderError) in
            try loader.arm(slot, attempts: attempts)
        }
    }

    func remember(_ entry: HistoryEntry) throws(HistoryError) {
        try HistoryFile(inFolder: DataPartition.place + "/slots").append(entry.encoded())
    }

    private func change(
        _ verb: (RecordBootLoader) throws(BootLoaderError) -> Void
    ) throws(BootFault) {
        let loader = try loader(for: .writing(wait: Self.patience))
        do { try verb(loader) } catch .copiesFailed(_, inForce: true) {
            return
        } catch {
            throw BootFault("record", "the boot record is as it was: \(error.words)")
        }
    }

    private func loader(for access: Disk.Access) throws(BootFault) -> RecordBootLoader {
        guard let entry = table.entry(named: "EFI-SYSTEM", type: PartitionTable.systemType) else {
            throw BootFault("disk", "\(node) has no partition EFI-SYSTEM")
        }
        return RecordBootLoader(store: SystemPartition(on: try open(entry, for: access)))
    }

    private func open(
        _ entry: PartitionTable.Entry,
        for access: Disk.Access
    ) throws(BootFault) -> PartitionDevice {
        do {
            return try Disk(opening: node, for: access)
                .device(entry.range, hashing: OpenSSLHashing(), rate: nil)
        } catch {
            throw .disk(error)
        }
    }

    private func policy() throws(BootFault) -> TrustPolicy {
        let folder = "/etc/keel/trust"
        var found: [(name: String, bytes: [UInt8])] = []
        for name in files.list(folder) {
            do { found.append((name, try files.read("\(folder)/\(name)", limit: 1 << 20))) } catch {
                throw BootFault("trust", "\(folder)/\(name) cannot be read: \(error)")
            }
        }
        do { return try TrustDirectory.policy(files: found) } catch { throw .trust(error) }
    }
}
