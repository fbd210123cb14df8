import InitLink
import Slots
import Syscalls

// The end: services in order, the verdict about a trial, the data partition.
extension Life {
    /// An operator, the agent or the keyboard wants it to end.
    func begin(_ how: Ending, _ reason: String) {
        guard ending == nil else { return }
        ground.say("\(how == .restart ? "restarting" : "powering off"): \(reason)")
        if trial.isOver {
            journal.end(reason)
        } else {
            // "unhealthy: CHECK: why" is the health gate's word.
            let parts = reason.split(separator: ":", maxSplits: 2).map { $0.drop { $0 == " " } }
            if parts.count == 3, parts[0] == "unhealthy" {
                journal.fail(String(parts[1]), String(parts[2]))
            } else {
                journal.fail("restart", reason)
            }
        }
        ending = (how, ground.now + Self.endTime, nil)
        perform(supervisor.stopEverything(now: ground.now))
    }

    /// An end that does not come is left to the watchdog.
    func isEndInTime(_ now: Duration) -> Bool { ending.map { now < $0.until } ?? true }

    func finish(_ now: Duration) -> Ending? {
        guard let ending, supervisor.isStopped || now >= ending.until else { return nil }
        clock.keep()
        hands.killEverything()
        // They let go of the files a moment after they were killed.
        ground.sleep(.milliseconds(300))
        if ending.verdict != nil { giveUpSlot() }
        journal.note(kernelLines())
        journal.save()
        DataPartition(on: ground).unmount()
        return ending.how
    }

    /// The agent is gone, so nobody else writes the record. The history first, as always.
    private func giveUpSlot() {
        let handover = ready.handover
        let entry = HistoryEntry(
            moment: Moment(
                time: Timestamp(seconds: ground.calendar),
                bootID: ground.text("/proc/sys/kernel/random/boot_id")
            ),
            event: .fail,
            slot: handover.facts.slot,
            digest: handover.digest,
            version: handover.version,
            reason: .deadline
        )
        do { try keeper.remember(entry) } catch { ground.say("the history takes no line") }
        do { try keeper.fail(handover.facts.slot) } catch { ground.say(error.reason) }
    }
}
