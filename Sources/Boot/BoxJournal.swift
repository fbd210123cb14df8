import Slots
import SlotsDisk
import Syscalls
import Trust

/// The black box at the end of the data partition.
final class BoxJournal: BootJournal {
    private let ground: any Ground
    private var ring: BlackBoxRing?
    private var box: BlackBox?
    private var earlier: [BlackBoxRing.Account] = []
    private var isBroken = false

    init(on ground: any Ground) { self.ground = ground }

    func begin(on disk: String, partition: Range<Int>, _ facts: BootFacts) {
        guard box == nil, let id = ground.text("/proc/sys/kernel/random/boot_id") else { return }
        var entry = BootEntry(bootID: id, slot: facts.slot, state: facts.state)
        entry.attempt = facts.attempt
        entry.started = now
        entry.updated = now
        guard leavesRoom(disk, partition) else { return ground.say("there is no black box yet") }
        let device: BlackBoxDevice
        do { device = try BlackBoxDevice(opening: disk, partition: partition, for: .both) } catch {
            return ground.say("there is no black box: \(error.sentence)")
        }
        let ring = BlackBoxRing(on: device, hashing: OpenSSLHashing())
        self.ring = ring
        do { box = try ring.begin(entry) } catch {
            switch error {
            case .noRing: return ground.say("there is no black box yet")
            case .device(let error): return ground.say("there is no black box: \(error.words)")
            }
        }
        // What cannot be read now could not be read in `begin` either.
        do { earlier = try ring.accounts().filter { $0.entry.bootID != id } } catch {}
    }

    func name(version: String, digest: Digest) {
        attempt { (box) throws(DeviceError) in
            try box.update { entry in
                entry.version = version
                entry.digest = digest
            }
        }
    }

    func reach(_ stage: BootStage) {
        attempt { [now] (box) throws(DeviceError) in try box.reach(stage, at: now) }
    }

    func note(_ lines: [String]) {
        guard let box, !lines.isEmpty else { return }
        box.note(Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    func notePanic(_ lines: [String]) {
        guard let id = ground.text("/proc/sys/kernel/random/boot_id") else { return }
        do {
            guard let box = try ring?.boxBefore(id) else { return note(lines) }
            box.note(Array((["the kernel's last lines:"] + lines).joined(separator: "\n").utf8))
            try box.save()
        } catch {
            note(lines)
        }
    }

    func save() { attempt { (box) throws(DeviceError) in try box.save() } }

    func fail(_ check: String, _ reason: String) {
        attempt { [now] (box) throws(DeviceError) in try box.fail(check, reason, at: now) }
    }

    func end(_ reason: String) {
        attempt { [now] (box) throws(DeviceError) in
            try box.update { entry in
                entry.reason = reason
                entry.updated = now
            }
        }
    }

    func unhealthyBoots(of slot: Slot) -> Int {
        earlier.prefix {
            $0.entry.slot == slot && $0.entry.state == "good" && $0.entry.stage < .healthy
                && !$0.entry.wasEnded
        }.count
    }

    /// Whether a file system of ours is there that ends before the ring: nothing is written behind
    /// anybody else's.
    private func leavesRoom(_ disk: String, _ partition: Range<Int>) -> Bool {
        let start = partition.lowerBound..<(partition.lowerBound + 4096)
        guard partition.count > 4096, let bytes = try? ground.read(disk, range: start) else {
            return false
        }
        return ExtSuperblock(parsing: bytes)?.leavesBlackBox(in: partition.count) == true
    }

    private var now: Timestamp { Timestamp(seconds: ground.calendar) }

    /// An error is said once; the next call tries again.
    private func attempt(_ call: (BlackBox) throws(DeviceError) -> Void) {
        guard let box else { return }
        do {
            try call(box)
            isBroken = false
        } catch {
            if !isBroken { ground.say("the black box takes nothing: \(error.words)") }
            isBroken = true
        }
    }
}
