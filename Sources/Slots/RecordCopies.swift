/// The three copies of the boot record as they were found, and what they mean together.
///
/// `env0` and `env1` carry the record; `env2` is for the day both are lost and grants exactly one
/// trusted slot. GRUB takes env0 unless only env1 is whole or env1's sequence is greater.
public struct RecordCopies: Sendable, Hashable {
    /// One copy as it was found.
    public enum Copy: Sendable, Hashable {
        case whole(BootRecord)
        /// Says this, but is not byte for byte what we write: the firmware can read it and may be
        /// unable to count a try in it.
        case worn(BootRecord)
        case damaged
        case missing
        case unreadable(DeviceError)

        public var record: BootRecord? {
            switch self {
            case .whole(let record), .worn(let record): record
            case .damaged, .missing, .unreadable: nil
            }
        }
    }

    /// Which copy the record was taken from.
    public enum Source: Int, Sendable, Hashable {
        case env0 = 0
        case env1 = 1
        case env2 = 2
    }

    public let copies: [Copy]

    public init(_ env0: Copy, _ env1: Copy, _ env2: Copy) { copies = [env0, env1, env2] }

    /// The record in force and where it stands; `nil` when all three copies are lost.
    public var inForce: (record: BootRecord, source: Source)? {
        switch (copies[0].record, copies[1].record) {
        case (let first?, let second?):
            second.sequence > first.sequence ? (second, .env1) : (first, .env0)
        case (let first?, nil): (first, .env0)
        case (nil, let second?): (second, .env1)
        case (nil, nil): copies[2].record.map { ($0.lastWord, .env2) }
        }
    }

    /// The greatest sequence in any copy, so that the next one is greater than all of them.
    var highestSequence: Int { copies.compactMap { $0.record?.sequence }.max() ?? 0 }
}

extension BootRecord {
    /// What env2 grants: only slots that are good; a trial cannot be counted there.
    var lastWord: BootRecord {
        var record = self
        for slot in Slot.allCases {
            if case .tries = record[slot] { record[slot] = .failed }
        }
        return record
    }

    /// The block for env2: exactly one trusted slot, the other gone.
    func granting(only slot: Slot) -> BootRecord {
        var record = BootRecord(preferred: slot, a: .none, b: .none, sequence: sequence)
        record[slot] = .good
        return record
    }
}
