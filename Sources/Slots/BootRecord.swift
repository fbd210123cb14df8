/// What the boot record says of one slot.
public enum SlotState: Sendable, Hashable {
    /// Boots whenever it comes first.
    case good
    /// May be tried this many more times: 1 to 3. Lowered on disk before each try.
    case tries(Int)
    /// Its tries are used up, its last one is under way, or somebody gave a verdict.
    case failed
    /// Nothing bootable, or being written.
    case none

    /// `good`, `3`, `2`, `1`, `failed` or `none`; anything else is no state.
    public init?(recordText: String) {
        switch recordText {
        case "good": self = .good
        case "3": self = .tries(3)
        case "2": self = .tries(2)
        case "1": self = .tries(1)
        case "failed": self = .failed
        case "none": self = .none
        default: return nil
        }
    }

    public var recordText: String {
        switch self {
        case .good: "good"
        case .tries(let left): String(left)
        case .failed: "failed"
        case .none: "none"
        }
    }

    /// The right to boot.
    public var grant: Grant {
        switch self {
        case .good: .trusted
        case .tries(let left): .trial(left: left)
        case .failed, .none: .forbidden
        }
    }
}

/// What the firmware may do with a slot.
public enum Grant: Sendable, Hashable {
    case forbidden
    case trial(left: Int)
    case trusted
}

/// The boot record: the only commit point of the engine.
///
/// | variable | values | meaning |
/// |--|--|--|
/// | `ORDER` | `A B`, `B A` | the slot tried first, then the other |
/// | `A`, `B` | `good` `3` `2` `1` `failed` `none` | what may be done with the slot |
/// | `SEQ` | 0 to 999999999 | raised by every write of ours, kept by GRUB |
/// | `END` | `keel1` | last, proves that the block was read to its end |
public struct BootRecord: Sendable, Hashable {
    public static let end = "keel1"
    public static let sequenceLimit = 999_999_999

    public var preferred: Slot
    public var states: PerSlot<SlotState>
    public var sequence: Int

    public init(preferred: Slot, a: SlotState, b: SlotState, sequence: Int) {
        self.preferred = preferred
        self.states = PerSlot(a: a, b: b)
        self.sequence = sequence
    }

    public subscript(slot: Slot) -> SlotState {
        get { states[slot] }
        set { states[slot] = newValue }
    }

    /// Reads a copy exactly as the boot policy judges it; `nil` when the copy is lost.
    public init?(parsing bytes: [UInt8]) {
        guard let block = EnvironmentBlock(parsing: bytes) else { return nil }
        let variables = block.variables
        guard variables["END"] == Self.end,
            let preferred = Self.preferred(variables["ORDER"]),
            let a = SlotState(recordText: variables["A"] ?? ""),
            let b = SlotState(recordText: variables["B"] ?? ""),
            let sequence = Self.sequence(variables["SEQ"] ?? "")
        else { return nil }
        self.init(preferred: preferred, a: a, b: b, sequence: sequence)
    }

    /// The 1024 bytes of a copy.
    public func encoded() -> [UInt8] {
        EnvironmentBlock.encode([
            ("ORDER", order), ("A", states.a.recordText), ("B", states.b.recordText),
            ("SEQ", String(sequence)), ("END", Self.end),
        ])
    }

    public var order: String { "\(preferred.recordName) \(preferred.other.recordName)" }

    /// The slot the rules give the next power-on; `nil` when only the last resort is left.
    public var next: Slot? {
        [preferred, preferred.other].first { self[$0].grant != .forbidden }
    }

    private static func preferred(_ order: String?) -> Slot? {
        switch order {
        case "A B": .a
        case "B A": .b
        default: nil
        }
    }

    private static func sequence(_ text: String) -> Int? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return Int(text)
    }
}
