/// The three verbs on three copies of a GRUB environment block.
///
/// A change is written to env0, then env1, then (`revoke`, `trust`) env2, each read back before the
/// next. A cut in between leaves either the old record or the new one in force, never a mixture:
/// the new one carries the greater sequence.
public final class RecordBootLoader: BootLoader {
    private let store: any RecordStore

    public init(store: any RecordStore) { self.store = store }

    public func copies() -> RecordCopies {
        let found = store.readCopies().map(Self.judge)
        return RecordCopies(found[0], found[1], found[2])
    }

    public func revoke(_ slot: Slot, as verdict: Verdict) throws(BootLoaderError) {
        var record = try next()
        guard record[slot.other] == .good else { throw .nothingTrustedLeft }
        record[slot] = verdict.state
        record.preferred = slot.other
        let failed = write(record, to: [0, 1]) + writeLastWord(record, preferring: slot.other)
        guard failed.isEmpty else { throw failure(failed, of: record) }
    }

    public func arm(_ slot: Slot, attempts: Int) throws(BootLoaderError) {
        precondition((1...3).contains(attempts), "a trial has 1 to 3 attempts")
        var record = try next()
        record[slot] = .tries(attempts)
        record.preferred = slot
        let failed = write(record, to: [0, 1])
        guard failed.count < 2 else { throw failure(failed, of: record) }
    }

    public func trust(_ slot: Slot, closing: Bool) throws(BootLoaderError) {
        var record = try next(for: slot)
        record[slot] = .good
        if closing { record[slot.other] = .none }
        record.preferred = slot
        let failed = write(record, to: [0, 1])
        guard failed.count < 2 else { throw failure(failed, of: record) }
        // A last word that could not be written still grants a whole, trusted slot: it grants
        // what the verb before this one left there, and the next `repair` writes it again.
        _ = writeLastWord(record, preferring: slot)
    }

    public func repair() throws(BootLoaderError) {
        let found = copies()
        guard let (record, _) = found.inForce else { throw .noRecord }
        var failed: [Int] = []
        for copy in 0..<2 where found.copies[copy] != .whole(record) {
            failed += write(record, to: [copy])
        }
        if !record.accepts(lastWord: found.copies[2]) {
            failed += writeLastWord(record, preferring: record.preferred)
        }
        guard failed.isEmpty else { throw failure(failed, of: record) }
    }

    /// The record in force with a sequence greater than every copy's.
    private func next(for slot: Slot? = nil) throws(BootLoaderError) -> BootRecord {
        let found = copies()
        var record: BootRecord
        if let inForce = found.inForce {
            record = inForce.record
        } else if let slot {
            record = BootRecord(preferred: slot, a: .none, b: .none, sequence: 0)
        } else {
            throw .noRecord
        }
        guard found.highestSequence < BootRecord.sequenceLimit else { throw .exhausted }
        record.sequence = found.highestSequence + 1
        return record
    }

    /// Writes env2 when a trusted slot is there to be granted.
    private func writeLastWord(_ record: BootRecord, preferring slot: Slot) -> [Int] {
        let trusted = [slot, slot.other].first { record[$0] == .good }
        guard let trusted else { return [] }
        return write(record.granting(only: trusted), to: [2])
    }

    /// Writes and reads back each copy in turn; the copies that did not take it.
    private func write(_ record: BootRecord, to copies: [Int]) -> [Int] {
        let block = record.encoded()
        return copies.filter { copy in
            do {
                try store.writeCopy(copy, block)
            } catch {
                return true
            }
            let found = Result { () throws(RecordStoreError) in try store.readCopy(copy) }
            return Self.judge(found) != .whole(record)
        }
    }

    private func failure(_ failed: [Int], of record: BootRecord) -> BootLoaderError {
        .copiesFailed(failed, inForce: copies().inForce?.record == record)
    }

    private static func judge(
        _ found: Result<[UInt8], RecordStoreError>
    ) -> RecordCopies.Copy {
        do {
            let bytes = try found.get()
            guard let record = BootRecord(parsing: bytes) else { return .damaged }
            return bytes == record.encoded() ? .whole(record) : .worn(record)
        } catch .missing {
            return .missing
        } catch .device(let error) {
            return .unreadable(error)
        } catch {
            return .damaged
        }
    }
}

extension BootRecord {
    /// Whether `lastWord`, found in env2, still grants exactly one slot that is trusted here.
    func accepts(lastWord: RecordCopies.Copy) -> Bool {
        guard states.a == .good || states.b == .good else { return true }
        guard case .whole(let lastWord) = lastWord else { return false }
        let granted = Slot.allCases.filter { lastWord[$0] == .good }
        return granted.count == 1 && granted.allSatisfy { self[$0] == .good }
            && lastWord.preferred == granted[0]
    }
}
