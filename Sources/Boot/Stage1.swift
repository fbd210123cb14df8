import Slots
import Syscalls

/// The first stage, in the initramfs: finds and proves this boot's root, and enters it.
///
/// | step | what |
/// |--|--|
/// | 1 | pseudo file systems, the boot loader's words |
/// | 2 | modules for storage, our disk, then the other modules and the watchdog |
/// | 3 | the record's copies made whole; a slot that never becomes healthy gives way |
/// | 4 | the slot's trailer against the keys in here, then dm-verity over its root |
/// | 5 | the root is mounted and entered |
///
/// A slot that cannot be proved is marked failed, and the machine restarts into the other one. With
/// nothing else to start it tries again after a while: an operator may be fixing the disk.
final class Stage1 {
    /// What comes out: the machine becomes the second stage, or restarts.
    enum Ending: Sendable, Hashable {
        case entered
        case restart
    }

    /// A slot that was good and did not become healthy so often gives way to the other one.
    static let patience = 8
    static let root = "/root"
    static let watchdogSeconds = 120
    private static let diskTime = Duration.seconds(30)

    private let ground: any Ground
    private let journal: any BootJournal
    private let timer: any Timer
    private let keeping: (FoundDisk) -> any SlotKeeping
    private var keeper: (any SlotKeeping)?
    private var facts: BootFacts?
    private var warnings: [String] = []

    init(
        on ground: any Ground,
        journal: any BootJournal,
        timer: any Timer,
        keeping: @escaping (FoundDisk) -> any SlotKeeping
    ) {
        self.ground = ground
        self.journal = journal
        self.timer = timer
        self.keeping = keeping
    }

    /// Returns only when the machine must restart, or in tests.
    func run() -> Ending {
        do {
            try boot()
            return .entered
        } catch {
            giveUp(error)
            return .restart
        }
    }

    private func boot() throws(BootFault) {
        // 1. What everything else needs.
        PseudoFiles.mountFirst(on: ground)
        let facts = try readFacts()
        self.facts = facts
        // 2. The disk.
        var modules = Modules(on: ground)
        let disk = try findDisk(facts, &modules)
        let keeper = keeping(disk)
        self.keeper = keeper
        load(&modules, .everything)
        armTimer(&modules)
        openJournal(on: disk, facts)
        // 3. The record, before anything else is judged.
        do { try keeper.repair() } catch { warn("the record was not repaired: \(error.reason)") }
        if try giveWay(facts, keeper) { throw BootFault("unhealthy", "too many boots in a row") }
        // 4. The root.
        journal.reach(.slot)
        let release = try keeper.release(in: facts.slot)
        journal.name(version: "\(release.version)", digest: release.digest)
        ground.say("slot \(facts.slot) holds \(release.version), \(release.digest.hex.prefix(12))")
        modules.load("dm_verity")
        modules.load("squashfs")
        let node = try mapRoot(release, facts, disk)
        // 5. Into it.
        try mountRoot(node)
        timer.feed()
        let handover = Handover(
            facts: facts,
            disk: disk.node,
            version: "\(release.version)",
            digest: release.digest,
            warnings: warnings
        )
        try enter(handover)
    }

    private func readFacts() throws(BootFault) -> BootFacts {
        guard let line = ground.text("/proc/cmdline"), let facts = BootFacts(commandLine: line)
        else { throw BootFault("commandline", "the boot loader did not say which slot this is") }
        ground.say("slot \(facts.slot), \(facts.state)")
        return facts
    }

    private func findDisk(
        _ facts: BootFacts,
        _ modules: inout Modules
    ) throws(BootFault) -> FoundDisk {
        let search = DiskSearch(ground: ground)
        let start = ground.now
        while true {
            // Storage behind a controller nobody counts as storage has its turn a little later.
            let isLate = ground.now - start > .seconds(3)
            load(&modules, isLate ? .everything : .storage)
            let found = search.disks(with: facts.partition)
            if let disk = found.first {
                ground.say("disk \(disk.node), \(modules.count) modules")
                if found.count > 1 {
                    warn(
                        "\(found.count) disks hold partition \(facts.partition); \(disk.node) is "
                            + "used"
                    )
                }
                return disk
            }
            guard ground.now - start < Self.diskTime else {
                throw BootFault("disk", "no disk holds partition \(facts.partition)")
            }
            ground.sleep(.milliseconds(20))
        }
    }

    private func load(_ modules: inout Modules, _ wish: Modules.Wish) {
        // A driver may bring a bus with devices of its own; each round finds some or ends.
        for _ in 0..<8 where !modules.loadForDevices(wish) { return }
    }

    private func openJournal(on disk: FoundDisk, _ facts: BootFacts) {
        guard let data = disk.table.entry(named: "KEELOS_DATA") else { return }
        journal.begin(on: disk.node, partition: data.range, facts)
        journal.reach(.modules)
    }

    /// A good slot that came up eight times and never became healthy hands over, once: the other
    /// one is then on trial, and not good any more if that fails.
    private func giveWay(
        _ facts: BootFacts,
        _ keeper: any SlotKeeping
    ) throws(BootFault) -> Bool {
        guard facts.state == "good", journal.unhealthyBoots(of: facts.slot) >= Self.patience,
            let record = keeper.record(), record[facts.slot] == .good,
            record[facts.slot.other] == .good
        else { return false }
        do { try keeper.arm(facts.slot.other, attempts: 3) } catch {
            warn("slot \(facts.slot.other) was not armed: \(error.reason)")
            return false
        }
        ground.say("slot \(facts.slot) was unhealthy \(Self.patience) times: trying the other")
        return true
    }

    private func mapRoot(
        _ release: Release,
        _ facts: BootFacts,
        _ disk: FoundDisk
    ) throws(BootFault) -> String {
        guard let entry = disk.table.entry(id: facts.partition),
            entry.name == "KEELOS_ROOT_\(facts.slot.recordName)",
            let node = DiskSearch(ground: ground).node(of: entry, on: disk)
        else { throw BootFault("disk", "the kernel does not show slot \(facts.slot)") }
        do {
            let mapped = try ground.makeVerity(VerityTable(of: release, on: node))
            journal.reach(.verity)
            return mapped
        } catch {
            throw BootFault("verity", "the hash tree of slot \(facts.slot) is refused: \(error)")
        }
    }

    private func mountRoot(_ node: String) throws(BootFault) {
        do {
            try ground.mount(
                Mount(
                    source: node,
                    target: Self.root,
                    type: "squashfs",
                    options: [.readOnly, .noSetUser, .noDevices]
                )
            )
        } catch {
            throw BootFault("root", "the root cannot be mounted: \(error)")
        }
    }

    private func armTimer(_ modules: inout Modules) {
        modules.loadNamed(in: "/etc/keel/modules")
        if timer.arm(seconds: Self.watchdogSeconds) { return }
        modules.load("softdog", parameters: "soft_panic=1")
        if !timer.arm(seconds: Self.watchdogSeconds) { warn("there is no watchdog") }
    }

    private func enter(_ handover: Handover) throws(BootFault) {
        let text = String(decoding: handover.encoded(), as: UTF8.self)
        do throws(Errno) {
            try ground.makeFolder("/run/keel", permissions: 0o755)
            try ground.fill(Handover.path, with: text)
            for folder in ["/dev", "/proc", "/sys", "/run"] {
                try ground.mount(
                    Mount(source: folder, target: Self.root + folder, options: .move)
                )
            }
            journal.reach(.switch)
            OldRoot.clear(on: ground)
            try ground.enter(Self.root)
            try ground.become("/usr/sbin/keel-init")
        } catch {
            throw BootFault("switch", "the root cannot be entered: \(error)")
        }
    }

    /// Says why, leaves it behind, takes the slot's right away if the other one can take over.
    private func giveUp(_ fault: BootFault) {
        ground.say("stopped (\(fault.check)): \(fault.reason)")
        journal.fail(fault.check, fault.reason)
        guard let facts, let keeper else { return ground.sleep(.seconds(10)) }
        guard fault.check != "unhealthy" else { return }
        guard keeper.record()?[facts.slot.other] == .good else {
            ground.say("slot \(facts.slot.other) may not start either; trying again in a minute")
            return ground.sleep(.seconds(60))
        }
        do {
            try keeper.fail(facts.slot)
            ground.say("slot \(facts.slot) is marked failed; starting slot \(facts.slot.other)")
        } catch {
            ground.say(error.reason)
            ground.sleep(.seconds(10))
        }
    }

    private func warn(_ sentence: String) {
        ground.say(sentence)
        warnings.append(sentence)
    }
}
