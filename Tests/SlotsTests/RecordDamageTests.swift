import Simulator
import Slots
import Testing

/// The three copies of the boot record, one or two of them lost after any step of any story.
@Suite("Record damage")
struct RecordDamageTests {
    private static let seeds = Settings.seeds

    @Test(
        "any damage to any one copy, after any step, breaks no promise",
        arguments: Damage.allCases
    )
    func oneCopy(damage: Damage) throws {
        try forEachStep { world, _ in
            for copy in 0..<3 {
                let world = world()
                world.damage(copy, damage)
                Self.goOn(world)
                Self.expectNone(world, "\(damage) of env\(copy)")
            }
        }
    }

    @Test("any two copies lost, after any step, leave a node that boots and upgrades")
    func twoCopies() throws {
        try forEachStep { world, generator in
            for kept in 0..<3 {
                for damage in [Damage.blank, .noise, .unreadable] {
                    let world = world()
                    for copy in 0..<3 where copy != kept { world.damage(copy, damage) }
                    Self.goOn(world)
                    Self.expectNone(world, "all but env\(kept): \(damage)")
                }
            }
        }
    }

    @Test("a copy that fails to take one write and reads later breaks no promise")
    func failedWrite() throws {
        let releases = try PowerLossTests.releases.get()
        for scenario in Scenario.all {
            for seed in Self.seeds {
                if Stop.now { return }
                for index in 0..<20 {
                    let world = World(
                        seed: seed,
                        shape: WorldShape.all[Int(seed % 3)],
                        releases: releases
                    )
                    try scenario.prepare(world)
                    world.recordDisk.failsWrite = (index, index.isMultiple(of: 2))
                    for step in scenario.steps where (try? step.run(world)) == nil { break }
                    world.recordDisk.failsWrite = nil
                    world.powerCycle()
                    world.checkAfterCut(kept: [])
                    world.checkRecovery()
                    world.checkNextUpgrade()
                    Self.expectNone(world, "\(scenario.name), seed \(seed), write \(index) fails")
                }
            }
        }
    }

    @Test("with every copy lost nothing is written until a person insists, after a whole proof")
    func allCopies() throws {
        let world = World(
            seed: 1,
            shape: WorldShape.all[0],
            releases: try PowerLossTests.releases.get()
        )
        for copy in 0..<3 { world.damage(copy, .blank) }
        world.powerCycle()
        #expect(world.booted == Firmware.Choice(slot: .a, state: .lastResort))
        #expect(throws: UpdateError.notSettled(running: .a, standing: .lastResort)) {
            try world.install(world.releases[2])
        }
        #expect(throws: UpdateError.notSettled(running: .a, standing: .lastResort)) {
            try world.confirm()
        }
        #expect(world.inForce == nil)
        #expect(try world.engine().confirm(operatorInsists: true) == .confirmed(.a))
        world.powerCycle()
        #expect(world.booted == Firmware.Choice(slot: .a, state: .good))
        world.violations = []
        world.checkNextUpgrade()
        Self.expectNone(world, "after the rescue")
    }

    /// Calls `body` with a maker of worlds for every step of every story and every seed.
    private func forEachStep(
        _ body: (_ world: () -> World, _ generator: inout SeededGenerator) throws -> Void
    ) throws {
        let releases = try PowerLossTests.releases.get()
        for scenario in Scenario.all {
            for seed in Self.seeds {
                if Stop.now { return }
                for count in 0...scenario.steps.count {
                    var generator = SeededGenerator(seed: seed)
                    try body(
                        {
                            let shape = WorldShape.all[Int(seed % 3)]
                            let world = World(seed: seed, shape: shape, releases: releases)
                            try? scenario.prepare(world)
                            for step in scenario.steps.prefix(count) { try? step.run(world) }
                            return world
                        },
                        &generator
                    )
                }
            }
        }
    }

    private static func goOn(_ world: World) {
        world.powerCycle()
        world.remapUnreadable()
        world.checkAfterCut(kept: [])
        world.checkRecovery()
        world.checkNextUpgrade()
    }

    private static func expectNone(_ world: World, _ what: String) {
        Stop.note(world.violations)
        #expect(world.violations.isEmpty, "\(what): \(world.violations)")
    }
}
