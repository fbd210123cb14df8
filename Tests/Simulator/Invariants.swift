public import Slots

// The promises of the design, checked on what would survive if the power went now.
extension World {
    /// Watches every write: I3 (a slot is written only while it may not boot) and I4 (what may boot
    /// is durable and whole).
    func watchWrites() {
        for slot in Slot.allCases {
            slots[slot].onWrite = { [unowned self] range in checkSlotWrite(slot, range) }
        }
        recordDisk.onWrite = { [unowned self] _ in checkGrants() }
    }

    private func checkSlotWrite(_ slot: Slot, _ range: Range<Int>) {
        if slot == booted?.slot {
            violations.append("I3: running slot \(slot) written at \(range)")
        }
        for (copy, record) in readableCopies() where record[slot].grant != .forbidden {
            violations.append("I3: slot \(slot) written while env\(copy) lets it boot")
        }
        let running = booted?.slot
        if let running, inForce?[running] != .good {
            violations.append("I3: install while slot \(running) is not trusted")
        }
    }

    /// I4: granted means flushed, read back, matched.
    private func checkGrants() {
        for (copy, record) in readableCopies() {
            for slot in Slot.allCases where record[slot].grant != .forbidden {
                guard holds(slot) == nil else { continue }
                violations.append("I4: env\(copy) lets slot \(slot) boot, which is not whole")
            }
        }
    }

    /// After a power cut: I1, I2 and I7. `kept` are the slots whose trust nothing asked to take.
    public func checkAfterCut(kept: Set<Slot>) {
        checkFileSystems()
        guard let record = inForce else {
            violations.append("I1: no record is left")
            return
        }
        let trusted = Slot.allCases.filter { record[$0] == .good && holds($0) != nil }
        if trusted.isEmpty { violations.append("I2: no whole, trusted slot") }
        for slot in kept where record[slot] != .good {
            violations.append("I7: slot \(slot) lost its trust")
        }
        if let next = record.next, holds(next) == nil {
            violations.append("I1: slot \(next) boots next and is not whole")
        }
        if booted?.state == .lastResort { violations.append("I1: the last resort was needed") }
    }

    /// A slot is whole or not a file system at all, even if every copy of the record were lost. A
    /// torn superblock is none: a drive returns an error for such a sector.
    private func checkFileSystems() {
        for slot in Slot.allCases where holds(slot) == nil {
            let first = slots[slot].durableBytes(0..<slots[slot].physicalSize)
            let isIntact = releases.all.contains { $0.slotBytes.starts(with: first) }
            if isIntact { violations.append("I1: slot \(slot) is a file system and not whole") }
        }
    }

    /// I5 and the first half of I6: opening the engine twice is opening it once, and what it says
    /// of the past is true.
    public func checkRecovery() {
        do {
            let once = try engine()
            let first = (try once.node(), once.history())
            let again = try engine()
            let second = (try again.node(), again.history())
            if first.0 != second.0 || first.1 != second.1 {
                violations.append("I6: recovery is not idempotent")
            }
            checkTruth(second.1)
        } catch {
            violations.append("I6: the engine does not open: \(error)")
        }
    }

    private func checkTruth(_ history: [HistoryEntry]) {
        for entry in history {
            switch (entry.event, entry.reason) {
            case (.fail, .triesUsedUp) where !tried.contains(entry.digest):
                violations.append("I5: \(entry.version) called failed and never tried")
            case (.fail, let reason?) where [.unhealthy, .operator].contains(reason):
                if !rejected.contains(entry.digest) {
                    violations.append("I5: \(entry.version) called \(reason) by nobody")
                }
            case (.confirm, _) where !healthy.contains(entry.digest):
                violations.append("I5: \(entry.version) called confirmed and never healthy")
            default: break
            }
        }
    }

    /// The second half of I6: from wherever a cut left the node, the next upgrade succeeds.
    public func checkNextUpgrade() {
        do {
            if try engine().node().standing == .onTrial { try confirm() }
            try install(releases[4])
            reboot()
            try confirm()
            if runningRelease?.digest != releases[4].digest {
                violations.append("I6: the next upgrade does not run")
            }
        } catch {
            violations.append("I6: the next upgrade fails: \(error)")
        }
    }

    /// The record in force on the medium.
    public var inForce: BootRecord? { RecordBootLoader(store: store).copies().inForce?.record }

    private func readableCopies() -> [(copy: Int, record: BootRecord)] {
        (0..<3).compactMap { copy in
            let bytes = recordDisk.durableBytes(
                copyOffsets[copy]..<(copyOffsets[copy] + EnvironmentBlock.size)
            )
            return BootRecord(parsing: bytes).map { (copy, $0) }
        }
    }
}
