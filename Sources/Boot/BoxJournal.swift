import Slots
import SlotsDisk
import Syscalls
import Trust

/// The black box at the end of the data partition.
final class BoxJournal: BootJournal {
    private let ground: any Ground
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
        let device: BlackBoxDevice
        do { device = try BlackBoxDevice(opening: disk, partition: partition, for: .both) } catch {
            return ground.say("there is no black box: \(error.sentence)")
        }
        let ring = BlackBoxRing(on: device, hashing: OpenSSLHashing())
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

    func save() { attempt { (box) throws(DeviceError) in try box.save() } }

    func fail(_ check: String, _ reason: String) {
        attempt { [now] (box) throws(DeviceError) in try box.fail(check, reason, at: now) }
    }

    func unhealthyBoots(of slot: Slot) -> Int {
        earlier.prefix {
            $0.entry.slot == slot && $0.entry.state == "good" && $0.entry.stage < .healthy
        }.count
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
