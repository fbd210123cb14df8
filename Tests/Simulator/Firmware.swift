public import Slots

/// The boot policy as a model: what GRUB with `bootloader/policy.cfg` does at power-on.
///
/// `Tests/BootloaderTests` runs the real one in QEMU and compares choice and bytes on disk.
public struct Firmware {
    /// What the firmware tells the kernel.
    public struct Choice: Sendable, Hashable {
        public enum State: Sendable, Hashable {
            case good
            /// The number the record showed before this try was counted.
            case trial(Int)
            case lastResort
        }
        public let slot: Slot
        public let state: State

        public init(slot: Slot, state: State) {
            self.slot = slot
            self.state = state
        }
    }

    /// What becomes of a slot that is to be started.
    public enum Load: Sendable, Hashable {
        case whole
        /// Kernel and initramfs can be read, and are not what the sums beside them say.
        case damaged
        case impossible
    }

    /// The bytes of copy 0, 1 or 2; `nil` when the file is missing or cannot be read.
    public var read: (Int) -> [UInt8]?
    /// Replaces the bytes of a copy, durably. False when the write failed.
    public var write: (Int, [UInt8]) -> Bool
    public var load: (Slot) -> Load

    public init(
        read: @escaping (Int) -> [UInt8]?,
        write: @escaping (Int, [UInt8]) -> Bool,
        load: @escaping (Slot) -> Load
    ) {
        self.read = read
        self.write = write
        self.load = load
    }

    /// One power-on: counts a try before it makes one, and falls through to the next slot when a
    /// kernel cannot be loaded or is damaged. `nil` when nothing boots.
    public func boot() -> Choice? {
        var source = 0
        var found = copy(0)
        if let second = copy(1), found.map({ second.record.sequence > $0.record.sequence }) ?? true
        {
            (source, found) = (1, second)
        }
        if found == nil { (source, found) = (2, copy(2)) }
        guard let found else { return lastResort(order: [.a, .b], states: nil) }
        var record = found.record
        let order = [record.preferred, record.preferred.other]
        for slot in order {
            switch record[slot] {
            case .good:
                if load(slot) == .whole { return Choice(slot: slot, state: .good) }
            case .tries(let left) where source < 2:
                var lowered = record
                lowered[slot] = left > 1 ? .tries(left - 1) : .failed
                // What could not be recorded did not happen.
                guard save(lowered, found.sequenceText, mustTake: source) else { continue }
                record = lowered
                if load(slot) == .whole { return Choice(slot: slot, state: .trial(left)) }
            default: continue
            }
        }
        return lastResort(order: order, states: record.states)
    }

    private func lastResort(order: [Slot], states: PerSlot<SlotState>?) -> Choice? {
        let slots = order.filter { states?[$0] != SlotState.none }
        let found = slots.first { load($0) == .whole } ?? slots.first { load($0) == .damaged }
        return found.map { Choice(slot: $0, state: .lastResort) }
    }

    /// A valid copy. GRUB keeps the sequence as the text it read, leading zeros and all.
    private func copy(_ copy: Int) -> (record: BootRecord, sequenceText: String)? {
        guard let bytes = read(copy), let record = BootRecord(parsing: bytes),
            let text = EnvironmentBlock(parsing: bytes)?.variables["SEQ"]
        else { return nil }
        return (record, text)
    }

    /// Writes the lowered count to both copies; true only when the one that was read took it.
    private func save(_ record: BootRecord, _ sequence: String, mustTake source: Int) -> Bool {
        let variables = [
            ("ORDER", record.order), ("A", record.states.a.recordText),
            ("B", record.states.b.recordText), ("SEQ", sequence), ("END", BootRecord.end),
        ]
        var taken = [false, false]
        for copy in 0..<2 {
            guard let file = read(copy), let bytes = GrubEnvironment.set(variables, in: file)
            else { continue }
            taken[copy] = write(copy, bytes)
        }
        return taken[source] && copy(source)?.record == record
    }
}
