import Simulator
import Slots
import Testing

/// What the engine does and refuses, told on a simulated machine.
@Suite("Rules")
struct RulesTests {
    private func world() throws -> World {
        World(seed: 1, shape: WorldShape.all[1], releases: try PowerLossTests.releases.get())
    }

    @Test("an install during a trial is refused and writes nothing")
    func installDuringTrial() throws {
        let world = try world()
        try world.install(world.releases[2])
        world.reboot()
        let before = world.power.effects
        #expect(throws: UpdateError.notSettled(running: .b, standing: .onTrial)) {
            try world.install(world.releases[3])
        }
        #expect(world.power.effects == before)
    }

    @Test("a release that is running already is not installed again")
    func alreadyRunning() throws {
        let world = try world()
        let version = world.releases[1].manifest.version
        #expect(throws: UpdateError.alreadyRunning(.a, version, standing: .trusted)) {
            try world.install(world.releases[1])
        }
    }

    @Test("a staged release does not boot until it is activated")
    func staged() throws {
        let world = try world()
        try world.install(world.releases[2], stageOnly: true)
        world.reboot()
        #expect(world.booted?.slot == .a)
        try world.activate()
        world.reboot()
        #expect(world.booted == Firmware.Choice(slot: .b, state: .trial(3)))
    }

    @Test("installing what lies staged in the other slot proves it and writes nothing to it")
    func installStaged() throws {
        let world = try world()
        try world.install(world.releases[2], stageOnly: true)
        let before = world.slots.b.generation
        try world.install(world.releases[2])
        #expect(world.slots.b.generation == before)
        #expect(world.inForce?[.b] == .tries(3))
    }

    @Test("activating a staged slot that rotted is refused by the read-back")
    func rottenStaged() throws {
        let world = try world()
        let release = world.releases[2]
        try world.install(release, stageOnly: true)
        for offset in [20_000, release.slotBytes.count - 4000] {
            let byte = world.slots.b.durableBytes(offset..<(offset + 1))[0]
            world.slots.b.tamper([byte ^ 4], at: offset)
            #expect(throws: UpdateError.self) { try world.activate() }
            world.slots.b.tamper([byte], at: offset)
        }
        try world.activate()
        #expect(world.inForce?[.b] == .tries(3))
    }

    @Test("installing what lies rotten in the other slot makes it whole, wherever it rotted")
    func installRotten() throws {
        let release = try PowerLossTests.releases.get()[2]
        let trailer = SlotLayout.roundUp(release.manifest.root.size)
        for offset in [1, 3000, 20_000, trailer, trailer + 200, release.slotBytes.count - 4000] {
            let world = try world()
            try world.install(release, stageOnly: true)
            let byte = world.slots.b.durableBytes(offset..<(offset + 1))[0]
            world.slots.b.tamper([byte ^ 4], at: offset)
            try world.install(release)
            #expect(world.holds(.b)?.digest == release.digest, "rot at \(offset)")
            #expect(world.inForce?[.b] == .tries(3), "rot at \(offset)")
        }
    }

    @Test("three tries without a confirmation fall back, and the release is quarantined")
    func quarantine() throws {
        let world = try world()
        try world.install(world.releases[2])
        for left in [3, 2, 1] {
            world.powerCycle()
            #expect(world.booted == Firmware.Choice(slot: .b, state: .trial(left)))
        }
        world.powerCycle()
        #expect(world.booted == Firmware.Choice(slot: .a, state: .good))
        let digest = world.releases[2].digest
        #expect(throws: UpdateError.distrusted(.quarantined(digest))) {
            try world.install(world.releases[2])
        }
        try world.install(world.releases[2], options: UpgradeOptions(retriesQuarantined: true))
        #expect(world.inForce?[.b] == .tries(3))
    }

    @Test("a release whose trailer rots is called by the name under which it was granted")
    func verdictOnWhatRotted() throws {
        let world = try world()
        let release = world.releases[2]
        try world.install(release)
        for _ in 0..<4 { world.reboot() }
        #expect(world.inForce?[.b] == .failed)
        rotTrailer(of: release, in: world.slots.b)
        let engine = try world.engine()
        #expect(try engine.node().contents[.b].release == nil)
        let last = try #require(engine.history().last)
        #expect(last.event == .fail && last.reason == .triesUsedUp && last.slot == .b)
        #expect(last.digest == release.digest)
        #expect(last.version == release.manifest.version.description)
        #expect(try world.engine().history() == engine.history())
        #expect(throws: UpdateError.distrusted(.quarantined(release.digest))) {
            try world.install(release)
        }
    }

    @Test("nothing is called failed that an install was cut short of, or that nobody granted")
    func noVerdictOnRemains() throws {
        let world = try world()
        try world.install(world.releases[2])
        for _ in 0..<4 { world.reboot() }
        let history = try world.engine().history()
        // What an install leaves of a slot before the record says so.
        let remains = HistoryEntry(
            moment: Moment(),
            event: .install,
            slot: .b,
            digest: world.releases[3].digest,
            version: world.releases[3].manifest.version.description,
            reason: nil
        )
        try world.history.append(remains.encoded())
        rotTrailer(of: world.releases[2], in: world.slots.b)
        #expect(try world.engine().history() == history + [remains])
    }

    /// Damages the manifest, of which the signatures speak.
    private func rotTrailer(of release: SimulatedRelease, in slot: SimulatedDisk) {
        let offset = SlotLayout.roundUp(release.manifest.root.size) + Trailer.headerSize + 20
        slot.tamper([slot.durableBytes(offset..<(offset + 1))[0] ^ 4], at: offset)
    }

    @Test("a digest stays quarantined after its slot was overwritten")
    func quarantineOutlivesTheSlot() throws {
        let world = try world()
        try world.install(world.releases[2])
        world.reboot()
        try world.reject()
        world.reboot()
        try world.install(world.releases[3])
        world.reboot()
        try world.confirm()
        let digest = world.releases[2].digest
        #expect(throws: UpdateError.distrusted(.quarantined(digest))) {
            try world.install(world.releases[2], options: UpgradeOptions(allowsDowngrade: true))
        }
    }

    @Test("a second transaction is refused while one lives, and allowed once it is dropped")
    func oneAtATime() throws {
        let world = try world()
        let engine = try world.engine()
        let source = SimulatedSource(world.releases[2])
        do {
            let first = try engine.verify(source)
            #expect(throws: UpdateError.busy) { _ = try engine.verify(source) }
            #expect(first.target == .b)
        }
        let again = try engine.verify(source)
        #expect(again.target == .b)
    }

    @Test("confirming a release whose policy floor is above the other slot's epoch closes it")
    func closingTheOtherSlot() throws {
        let world = try world()
        try world.install(world.releases[2])
        world.reboot()
        world.policy.epoch = 2
        try world.confirm()
        #expect(world.inForce?[.b] == .good)
        #expect(world.inForce?[.a] == SlotState.none)
    }

    @Test("the history tells what happened, each line before the record said so")
    func history() throws {
        let world = try world()
        try world.install(world.releases[2])
        world.reboot()
        try world.confirm()
        _ = try world.engine().rollBack()
        let events = try world.engine().history().map(\.event)
        #expect(events == [.install, .activate, .confirm, .rollback])
    }
}
