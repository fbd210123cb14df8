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

    /// The bytes of copy 0, 1 or 2; `nil` when the file is missing or cannot be read.
    public var read: (Int) -> [UInt8]?
    /// Replaces the bytes of a copy, durably. False when the write failed.
    public var write: (Int, [UInt8]) -> Bool
    /// Whether kernel and initramfs can be read out of the slot.
    public var canLoad: (Slot) -> Bool

    public init(
        read: @escaping (Int) -> [UInt8]?,
        write: @escaping (Int, [UInt8]) -> Bool,
        canLoad: @escaping (Slot) -> Bool
    ) {
        self.read = read
        self.write = write
        self.canLoad = canLoad
    }

    /// One power-on: counts a try before it makes one, and falls through to the next slot when a
    /// kernel cannot be loaded. `nil` when nothing boots.
    public func boot() -> Choice? {
        let first = record(0)
        let second = record(1)
        var source = 0
        var found = first
        if let second, first.map({ second.sequence > $0.sequence }) ?? true {
            (source, found) = (1, second)
        }
        if found == nil { (source, found) = (2, record(2)) }
        guard var record = found else { return lastResort(order: [.a, .b], states: nil) }
        for slot in [record.preferred, record.preferred.other] {
            switch record[slot] {
            case .good:
                if canLoad(slot) { return Choice(slot: slot, state: .good) }
            case .tries(let left) where source < 2:
                record[slot] = left > 1 ? .tries(left - 1) : .failed
                guard save(record, mustTake: source) else { continue }
                if canLoad(slot) { return Choice(slot: slot, state: .trial(left)) }
            default: continue
            }
        }
        return lastResort(order: [record.preferred, record.preferred.other], states: record.states)
    }

    private func lastResort(order: [Slot], states: PerSlot<SlotState>?) -> Choice? {
        for slot in order where states?[slot] != SlotState.none && canLoad(slot) {
            return Choice(slot: slot, state: .lastResort)
        }
        return nil
    }

    private func record(_ copy: Int) -> BootRecord? { read(copy).flatMap(BootRecord.init(parsing:)) }

    /// Writes the lowered count to both copies; true only when the one that was read took it.
    private func save(_ record: BootRecord, mustTake source: Int) -> Bool {
        let variables = [
            ("ORDER", record.order), ("A", record.states.a.recordText),
            ("B", record.states.b.recordText), ("SEQ", String(record.sequence)),
            ("END", BootRecord.end),
        ]
        var taken = [false, false]
        for copy in 0..<2 {
            guard let file = read(copy), let bytes = GrubEnvironment.set(variables, in: file)
            else { continue }
            taken[copy] = write(copy, bytes)
        }
        return taken[source] && self.record(source) == record
    }
}
