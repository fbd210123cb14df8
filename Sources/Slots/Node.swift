/// How the machine came to run the slot it runs.
public enum Boot: Sendable, Hashable {
    /// Read from the kernel's command line: `keel.slot` and `keel.state`.
    case running(Slot, lastResort: Bool)
    /// The disk lies on a workbench: the slot that would boot counts as running.
    case offline
}

/// Why the running slot runs, and so what may be done next.
public enum Standing: Sendable, Hashable {
    /// The rules prefer to boot it, without a limit.
    case trusted
    /// One of its tries is under way.
    case onTrial
    /// No rule led here: everything else could not be booted, or the record is lost.
    case lastResort
}

/// The node as read from its disk at one moment: record, slots, and what runs.
public struct Node: Sendable, Hashable {
    public let copies: RecordCopies
    public let contents: PerSlot<SlotContent>
    /// The slot that runs, or on a workbench would; `nil` when only the last resort would.
    public let running: Slot?
    public let standing: Standing

    public init(copies: RecordCopies, contents: PerSlot<SlotContent>, boot: Boot) {
        self.copies = copies
        self.contents = contents
        let record = copies.inForce?.record
        switch boot {
        case .running(let slot, let lastResort):
            running = slot
            standing =
                switch record?[slot] {
                case .good: .trusted
                case nil: .lastResort
                default: lastResort ? .lastResort : .onTrial
                }
        case .offline:
            running = record?.next
            standing =
                switch running.flatMap({ record?[$0] }) {
                case .good: .trusted
                case .tries: .onTrial
                default: .lastResort
                }
        }
    }

    /// The record in force; `nil` when every copy is lost.
    public var record: BootRecord? { copies.inForce?.record }

    /// The slot the next power-on boots; `nil` when only the last resort is left.
    public var next: Slot? { record?.next }

    /// The lowest epoch among slots that may boot.
    var lowestEpoch: Int? {
        guard let record else { return nil }
        return Slot.allCases.filter { record[$0].grant != .forbidden }
            .compactMap { contents[$0].release?.manifest.epoch }.min()
    }
}
