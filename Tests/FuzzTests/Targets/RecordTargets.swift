import Simulator
import Slots

extension Dialect {
    /// What a copy of the record is made of.
    static let record = [
        "# GRUB Environment Block\n", "ORDER=", "A B", "B A", "A=", "B=", "good", "3", "2", "1",
        "failed", "none", "SEQ=", "SEQ=999999999\n", "SEQ=000000001\n", "END=keel1\n", "END=", "#",
        "\n", "=", "\\", "\\\n", "\0", "A=good\n", "B=good\n", "B=3\n", "keel1",
    ]
}

/// One copy of the record: what is read is written whole and read the same, and GRUB can count in
/// what we write.
struct RecordTarget: FuzzTarget {
    static let name = "record"
    static let rounds = 2500
    static let dialect = Dialect(limit: 2048, tokens: Dialect.record)

    func seeds() -> [[UInt8]] {
        let record = BootRecord(preferred: .b, a: .good, b: .tries(2), sequence: 41)
        let head = Array(record.encoded().prefix { $0 != 0 }.prefix(90))
        return [record.encoded(), head]
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let block = EnvironmentBlock(parsing: input)
        try promise(
            (block == nil) != input.starts(with: EnvironmentBlock.header),
            "the header decides whether there is a block"
        )
        guard let record = BootRecord(parsing: input) else {
            return "lost, \(min(block?.variables.count ?? -1, 8)) variables"
        }
        let bytes = record.encoded()
        try promise(bytes.count == EnvironmentBlock.size, "a block of \(bytes.count) bytes")
        try promise(BootRecord(parsing: bytes) == record, "what was encoded is read differently")
        try promise(
            (0...BootRecord.sequenceLimit).contains(record.sequence),
            "sequence \(record.sequence)"
        )
        for slot in Slot.allCases {
            var counted = record
            counted[slot] = .failed
            let variables = [(slot.recordName, counted[slot].recordText)]
            try promise(
                GrubEnvironment.set(variables, in: bytes).flatMap(BootRecord.init) == counted,
                "GRUB cannot count in what we write"
            )
        }
        return "read, \(record.states.a.recordText), \(record.states.b.recordText)"
    }
}

/// Three copies in any state. A verb is refused and nothing was written, or it is in force
/// whichever one copy is lost afterwards; a revoked slot is not booted by rule whichever are.
///
/// The input is cut at 1024 and 2048.
struct CopiesTarget: FuzzTarget {
    static let name = "copies"
    static let rounds = 350
    static let dialect = Dialect(limit: 3 << 10, tokens: Dialect.record, unit: 1024)

    func seeds() -> [[UInt8]] {
        let record = BootRecord(preferred: .b, a: .good, b: .tries(2), sequence: 41)
        let older = BootRecord(preferred: .a, a: .good, b: .none, sequence: 40)
        let both = BootRecord(preferred: .a, a: .good, b: .good, sequence: 9)
        let last = BootRecord(preferred: .a, a: .good, b: .none, sequence: 41).encoded()
        let none = [UInt8](repeating: 0, count: 1024)
        return [
            record.encoded() + record.encoded() + last, record.encoded() + older.encoded() + last,
            none + older.encoded() + last, none + none + last,
            both.encoded() + both.encoded() + both.encoded(),
        ]
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let copies = [0, 1024, 2048].map { Array(input.dropFirst($0).prefix(1024)) }
        var endings = [try checkRepair(copies)]
        for slot in Slot.allCases {
            endings.append(try checkRevoke(slot, copies))
            endings.append(try checkArm(slot, copies))
            endings.append(try checkTrust(slot, copies))
        }
        return endings.joined(separator: " ")
    }

    private func checkRepair(_ copies: [[UInt8]]) throws(BrokenPromise) -> String {
        let store = TestRecords(copies)
        let loader = RecordBootLoader(store: store)
        let before = loader.copies().inForce?.record
        try promise(store.writes == 0, "looking at the record wrote to it")
        do { try loader.repair() } catch {
            try promise(before == nil && store.writes == 0, "repair fails with \(error)")
            return "lost"
        }
        let after = loader.copies()
        try promise(after.inForce?.record == before, "repair changed the record in force")
        try promise(after.copies[0] == after.copies[1], "repair left two records")
        let writes = store.writes
        try must("a second repair fails") { () throws(BootLoaderError) in try loader.repair() }
        try promise(store.writes == writes, "a second repair writes again")
        let next = before?.next
        for lost in [[], [0], [1]] {
            let choice = Self.boot(store, without: lost)
            try promise(
                next == nil ? choice?.state == .lastResort || choice == nil : choice?.slot == next,
                "repaired, \(lost) lost: \(String(describing: choice)), and \(after)"
            )
        }
        return writes == 0 ? "whole" : "repaired"
    }

    private func checkRevoke(_ slot: Slot, _ copies: [[UInt8]]) throws(BrokenPromise) -> String {
        let store = TestRecords(copies)
        let loader = RecordBootLoader(store: store)
        do { try loader.revoke(slot, as: .failed) } catch {
            try promise(store.copies == copies, "refused with \(error), and written")
            return "kept"
        }
        for mask in 0..<8 {
            let lost = (0..<3).filter { mask & 1 << $0 != 0 }
            let choice = Self.boot(store, without: lost)
            try promise(
                choice?.slot != slot || choice?.state == .lastResort,
                "revoked \(slot), \(lost) lost: \(String(describing: choice))"
            )
            // Somebody trusted is left, and the firmware finds it.
            guard lost.count < 3 else { continue }
            try promise(
                choice == Firmware.Choice(slot: slot.other, state: .good),
                "\(lost) lost: \(String(describing: choice)) instead of \(slot.other)"
            )
        }
        return "revoked"
    }

    private func checkArm(_ slot: Slot, _ copies: [[UInt8]]) throws(BrokenPromise) -> String {
        let store = TestRecords(copies)
        do { try RecordBootLoader(store: store).arm(slot, attempts: 3) } catch {
            try promise(store.copies == copies, "refused with \(error), and written")
            return "kept"
        }
        for lost in [[], [0], [1], [2]] {
            let choice = Self.boot(store, without: lost)
            try promise(
                choice == Firmware.Choice(slot: slot, state: .trial(3)),
                "armed \(slot), \(lost) lost: \(String(describing: choice))"
            )
        }
        return "armed"
    }

    private func checkTrust(_ slot: Slot, _ copies: [[UInt8]]) throws(BrokenPromise) -> String {
        let store = TestRecords(copies)
        do { try RecordBootLoader(store: store).trust(slot, closing: true) } catch {
            try promise(store.copies == copies, "refused with \(error), and written")
            return "kept"
        }
        for lost in [[], [0], [1], [2], [0, 1], [0, 2], [1, 2]] {
            let choice = Self.boot(store, without: lost)
            try promise(
                choice == Firmware.Choice(slot: slot, state: .good),
                "trusted \(slot), \(lost) lost: \(String(describing: choice))"
            )
        }
        return "trusted"
    }

    /// What the firmware chooses when the files of some copies are gone.
    private static func boot(_ store: TestRecords, without lost: [Int]) -> Firmware.Choice? {
        let copy = TestRecords(
            store.copies.indices.map { lost.contains($0) ? [] : store.copies[$0] }
        )
        let firmware = Firmware(
            read: { try? copy.readCopy($0) },
            write: { (try? copy.writeCopy($0, $1)) != nil },
            load: { _ in .whole }
        )
        return firmware.boot()
    }
}
