import InitLink
import Slots
import Syscalls

// What happens once a second: the trial, the clock, the black box.
extension Life {
    func tick(_ now: Duration) {
        let isJoined = ready.handover.facts.state != "lastresort" && hasJoined
        if isJoined, !isForContainers {
            isForContainers = true
            loadForContainers()
        }
        perform(supervisor.setBootstrapped(isJoined, now: now))
        if desk.isHeard || isAgentOpen, !trial.hasAgent {
            trial.heardAgent(now: now)
            ground.say("the agent answers, \(now.components.seconds) s after the kernel began")
            journal.reach(.agent)
        }
        judge(now)
        if now >= nextClock {
            nextClock = now + ClockKeeper.interval
            clock.keep()
        }
        saveNotes(now)
    }

    /// Whether the bootstrap in force named a cluster: one that only names who may command the
    /// node starts nothing. The agent keeps it; Sources/Agent/Bootstrap says how.
    private var hasJoined: Bool {
        let folder = DataPartition.place + "/kubernetes"
        guard let set = ground.text(folder + "/current")?.first else { return false }
        return ["a", "b"].contains(set) && ground.exists("\(folder)/\(set)/ca.crt")
    }

    private func judge(_ now: Duration) {
        guard ending == nil else { return }
        let slot = ready.handover.facts.slot
        let isTrusted = trial.isOver ? nil : keeper.record().map { $0[slot] == .good }
        let verdict = trial.judge(
            isTrusted: isTrusted,
            agent: supervisor.services[Self.agent]?.state,
            now: now
        )
        switch verdict {
        case .confirmed:
            ground.say("slot \(slot) is confirmed")
            Settings.setTrial(false, on: ground)
        case .failed(let check, let reason):
            ground.say("the trial failed (\(check)): \(reason)")
            journal.fail(check, reason)
            ending = (.restart, now + Self.endTime, verdict)
            perform(supervisor.stopEverything(now: now))
        case nil: break
        }
        if trial.isHealthy { journal.reach(.healthy) }
    }

    /// Each second as long as it is not known how this boot ends, later each minute.
    private func saveNotes(_ now: Duration) {
        let lines = kernelLines()
        journal.note(lines)
        hasNotes = hasNotes || !lines.isEmpty
        guard hasNotes, now >= nextSave else { return }
        hasNotes = false
        nextSave = now + (trial.isHealthy ? .seconds(60) : .seconds(1))
        journal.save()
    }
}
