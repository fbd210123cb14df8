/// Decides what happens to the two slots. Owns no thread, no clock, no pointer.
///
/// Revoke, write, prove, grant: the boot record is the only commit point, and what a slot holds is
/// read from the slot. There is no state in here that a power cut could lose.
public final class Engine {
    let machine: Machine
    var isSeatTaken = false
    /// Set when a line of the history could not be read or written. The update goes on: a full
    /// data partition must not keep a node from being saved.
    public private(set) var historyError: HistoryError?

    /// Opens the engine and repairs what a power loss left behind: copies of the record that lag,
    /// and a verdict of the firmware that nobody wrote down. Doing so twice changes nothing more.
    public init(machine: Machine) throws(UpdateError) {
        self.machine = machine
        if machine.bootLoader.copies().inForce != nil {
            do {
                try machine.bootLoader.repair()
            } catch .copiesFailed(_, inForce: true) {
                // The record in force is untouched; whoever needs every copy will be refused.
            } catch {
                throw .bootLoader(error)
            }
        }
        try recordVerdicts()
    }

    /// Opens the engine as the disk is, repairing nothing: for a dry run.
    public init(reading machine: Machine) { self.machine = machine }

    /// The disk as it is now.
    public func node() throws(UpdateError) -> Node { try machine.readNode() }

    /// The history, oldest first; lines of another version are passed over.
    public func history() -> [HistoryEntry] {
        guard let store = machine.history else { return [] }
        do {
            return try store.lines().compactMap(HistoryEntry.init(parsing:))
        } catch {
            historyError = error
            return []
        }
    }

    /// The epoch below which nothing is installed or gone back to.
    func epochFloor(_ node: Node) -> Int {
        max(machine.policy.epoch, node.lowestEpoch ?? 0)
    }

    /// Digests that are not tried again unasked: what lies in a slot that failed, and what the
    /// history last called unhealthy. A slot that may boot is not quarantined: the record is right.
    func quarantined(_ node: Node) -> Set<Digest> {
        var digests = history().quarantined
        for slot in Slot.allCases {
            guard let release = node.contents[slot].release, let record = node.record else {
                continue
            }
            let isRunning = slot == node.running
            if record[slot] == .failed, !isRunning {
                digests.insert(release.digest)
            } else if record[slot].grant != .forbidden || isRunning {
                digests.remove(release.digest)
            }
        }
        return digests
    }

    /// Writes a line, durable before the record write it explains.
    func remember(
        _ event: HistoryEntry.Event,
        _ release: Release?,
        in slot: Slot,
        reason: HistoryEntry.Reason? = nil
    ) {
        guard let store = machine.history else { return }
        var name = release.map { ($0.digest, $0.version.description) }
        if event == .fail { name = judged(in: slot, holding: release) }
        guard let (digest, version) = name else { return }
        let entry = HistoryEntry(
            moment: machine.moment(),
            event: event,
            slot: slot,
            digest: digest,
            version: version,
            reason: reason
        )
        do { try store.append(entry.encoded()) } catch { historyError = error }
    }

    /// What a verdict on a slot is about. A slot that rotted cannot say any more what it holds;
    /// then it is what the history last saw granted there.
    func judged(in slot: Slot, holding release: Release?) -> (digest: Digest, version: String)? {
        if let release { return (release.digest, release.version.description) }
        guard let last = history().last(where: { $0.slot == slot }), last.event != .install else {
            return nil
        }
        return (last.digest, last.version)
    }

    /// The firmware writes `failed` when it counts the last try; here the history learns of it.
    private func recordVerdicts() throws(UpdateError) {
        guard machine.history != nil else { return }
        let node = try node()
        guard let record = node.record else { return }
        for slot in Slot.allCases where slot != node.running && record[slot] == .failed {
            let release = node.contents[slot].release
            guard let (digest, _) = judged(in: slot, holding: release) else { continue }
            let last = history().last { $0.digest == digest }
            guard last?.event != .fail else { continue }
            remember(.fail, release, in: slot, reason: .triesUsedUp)
        }
    }
}

extension Machine {
    /// Reads record and slots. Changes nothing.
    public func readNode() throws(UpdateError) -> Node {
        Node(
            copies: bootLoader.copies(),
            contents: PerSlot(a: try readContent(of: .a), b: try readContent(of: .b)),
            boot: boot
        )
    }

    /// Reads what one slot holds, and nothing of the other. Changes nothing.
    public func readContent(of slot: Slot) throws(UpdateError) -> SlotContent {
        do { return try inspector(of: slot).inspect() } catch { throw .device(slot, error) }
    }
}
