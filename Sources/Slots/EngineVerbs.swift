/// What `confirm` found and did.
public enum Confirmation: Sendable, Hashable {
    case confirmed(Slot)
    /// The slot was trusted before; nothing was written.
    case alreadyTrusted(Slot)
}

extension Engine {
    /// Declares the running slot healthy: it is trusted and preferred from now on. A release in the
    /// other slot that lies below the policy's epoch floor loses its right to boot in the same
    /// write.
    ///
    /// A slot that runs as the last resort is confirmed only when `operatorInsists`, and only after
    /// every byte of it was read back and matched.
    public func confirm(operatorInsists: Bool = false) throws(UpdateError) -> Confirmation {
        let node = try node()
        guard let running = node.running else { throw .nothingRuns }
        switch node.standing {
        case .trusted: return .alreadyTrusted(running)
        case .onTrial: break
        case .lastResort:
            guard operatorInsists else {
                throw .notSettled(running: running, standing: .lastResort)
            }
            try machine.prove(running, node)
        }
        try trust(running, node)
        return .confirmed(running)
    }

    /// Trusts a slot of a disk on a workbench whose record is lost or allows nothing, after every
    /// byte of it was read back and matched.
    public func rescue(_ slot: Slot) throws(UpdateError) -> Confirmation {
        let node = try node()
        if node.running == slot, node.standing == .trusted { return .alreadyTrusted(slot) }
        try machine.prove(slot, node)
        try trust(slot, node)
        return .confirmed(slot)
    }

    /// Takes the step the table of the design names.
    public func rollBack(retriesQuarantined: Bool = false) throws(UpdateError) -> RollbackStep {
        guard !isSeatTaken else { throw .busy }
        let node = try node()
        let step: RollbackStep
        do {
            step = try node.rollbackStep(
                floor: machine.policy.epoch,
                retriesQuarantined: retriesQuarantined,
                verdict: verdict(on: node)
            )
        } catch {
            throw .rollback(error)
        }
        switch step {
        case .arm(let slot):
            try machine.prove(slot, node)
            remember(.rollback, node.contents[slot].release, in: slot, reason: .operator)
            try commit { (loader) throws(BootLoaderError) in try loader.arm(slot, attempts: 3) }
        case .prefer(let slot):
            let other = slot.other
            remember(.cancel, node.contents[other].release, in: other, reason: .operator)
            try commit { (loader) throws(BootLoaderError) in
                try loader.trust(slot, closing: false)
            }
        case .abandon(let slot):
            try giveUp(slot, node, reason: .operator)
        }
        return step
    }

    /// Ends the running trial: the health gate said no, or its time ran out.
    public func reject(_ reason: HistoryEntry.Reason) throws(UpdateError) {
        let node = try node()
        guard let running = node.running, node.standing == .onTrial else { throw .nothingRuns }
        guard node.record?[running.other] == .good else {
            throw .rollback(.onlyThisBoots(running))
        }
        try giveUp(running, node, reason: reason)
    }

    private func giveUp(
        _ slot: Slot,
        _ node: Node,
        reason: HistoryEntry.Reason
    ) throws(UpdateError) {
        remember(.fail, node.contents[slot].release, in: slot, reason: reason)
        try commit { (loader) throws(BootLoaderError) in try loader.revoke(slot, as: .failed) }
    }

    private func trust(_ slot: Slot, _ node: Node) throws(UpdateError) {
        remember(.confirm, node.contents[slot].release, in: slot)
        let floor = machine.policy.epoch
        let closes = node.contents[slot.other].release.map { $0.manifest.epoch < floor } ?? false
        try commit { (loader) throws(BootLoaderError) in
            try loader.trust(slot, closing: closes)
        }
    }

    /// Runs a verb. A copy that did not take it is no failure when the change is in force: the slot
    /// it speaks of is whole, and the next start repairs the copy.
    func commit(
        _ verb: (any BootLoader) throws(BootLoaderError) -> Void
    ) throws(UpdateError) {
        do {
            try verb(machine.bootLoader)
        } catch .copiesFailed(_, inForce: true) {
            return
        } catch {
            throw .bootLoader(error)
        }
    }

    private func verdict(on node: Node) -> HistoryEntry.Reason? {
        guard let other = node.running?.other,
            let (digest, _) = judged(in: other, holding: node.contents[other].release)
        else { return nil }
        return history().last { $0.digest == digest && $0.event == .fail }?.reason
    }
}
