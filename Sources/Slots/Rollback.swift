/// What `rollback` does, decided by the table of the design. Going back is a trial of the old
/// slot, so that it has the same way home.
public enum RollbackStep: Sendable, Hashable {
    /// Try the other slot again; its own health confirms it.
    case arm(Slot)
    /// Put off the armed slot: the running one is preferred again. Nothing reboots.
    case prefer(Slot)
    /// Give up the running trial; the other slot is good.
    case abandon(Slot)

    /// Whether the change takes effect with a reboot.
    public var needsReboot: Bool {
        if case .prefer = self { false } else { true }
    }
}

/// Why there is no going back.
public enum RollbackRefusal: Error, Sendable, Hashable {
    /// The record is lost or nothing may boot.
    case nothingRuns
    case otherFailed(Slot, reason: HistoryEntry.Reason?)
    case nothingThere(Slot)
    case belowEpochFloor(epoch: Int, floor: Int)
    case cannotReadState(schema: Int, reads: ClosedRange<Int>)
    /// The running slot is on trial or the last resort, and the other does not boot.
    case onlyThisBoots(Slot)
}

extension Node {
    func rollbackStep(
        floor: Int,
        retriesQuarantined: Bool,
        verdict: HistoryEntry.Reason?
    ) throws(RollbackRefusal) -> RollbackStep {
        guard let running, let record else { throw .nothingRuns }
        let other = running.other
        guard standing == .trusted else {
            guard record[other] == .good else { throw .onlyThisBoots(running) }
            return .abandon(running)
        }
        switch record[other] {
        case .tries: return .prefer(running)
        case .none: throw .nothingThere(other)
        case .failed where !retriesQuarantined: throw .otherFailed(other, reason: verdict)
        case .failed, .good: break
        }
        guard let release = contents[other].release else { throw .nothingThere(other) }
        guard release.manifest.epoch >= floor else {
            throw .belowEpochFloor(epoch: release.manifest.epoch, floor: floor)
        }
        if let schema = contents[running].release?.manifest.state.writes,
            !release.manifest.state.reads.contains(schema)
        {
            throw .cannotReadState(schema: schema, reads: release.manifest.state.reads)
        }
        return .arm(other)
    }
}
