import Simulator
import Slots
import Testing

/// Cuts the power after every effect of every story, and again during recovery.
@Suite("Power loss")
struct PowerLossTests {
    static let releases = Result { try Releases() }
    static let seeds = Settings.seeds

    @Test("undisturbed, every story ends as it should", arguments: Scenario.all.indices)
    func undisturbed(index: Int) throws {
        for shape in WorldShape.all {
            let world = World(seed: 0, shape: shape, releases: try Self.releases.get())
            let effects = try Scenario.all[index].runToEnd(world)
            world.checkRecovery()
            world.checkNextUpgrade()
            #expect(effects > 0)
            #expect(world.violations.isEmpty, "\(Scenario.all[index].name): \(world.violations)")
        }
    }

    @Test("a power cut after any effect breaks no promise", arguments: Scenario.all.indices)
    func everyEffect(index: Int) throws {
        let releases = try Self.releases.get()
        let scenario = Scenario.all[index]
        var cuts = 0
        for shape in WorldShape.all {
            let effects = try scenario.runToEnd(World(seed: 0, shape: shape, releases: releases))
            for seed in Self.seeds {
                for cut in 0..<effects {
                    if Stop.now { return }
                    let world = World(seed: seed, shape: shape, releases: releases)
                    let kept = try scenario.run(world, cut: cut)
                    world.powerCycle()
                    world.checkAfterCut(kept: kept)
                    world.checkRecovery()
                    world.checkNextUpgrade()
                    cuts += 1
                    expectNone(world, scenario, shape, seed, "cut \(cut)")
                }
            }
        }
        Totals.report(scenario.name, cuts: cuts, seeds: Self.seeds.count)
    }

    @Test("a second cut during recovery makes nothing worse", arguments: Scenario.all.indices)
    func cutDuringRecovery(index: Int) throws {
        let releases = try Self.releases.get()
        let scenario = Scenario.all[index]
        let shape = WorldShape.all[1]
        let effects = try scenario.runToEnd(World(seed: 0, shape: shape, releases: releases))
        var cuts = 0
        for cut in 0..<effects {
            for second in 0..<7 {
                if Stop.now { return }
                let seed = Self.seeds.lowerBound &+ UInt64(cut * 7 + second)
                let world = World(seed: seed, shape: shape, releases: releases)
                let kept = try scenario.run(world, cut: cut)
                world.powerCycle()
                world.power.cutAfter = world.power.effects + second
                _ = try? world.engine()
                world.powerCycle()
                world.checkAfterCut(kept: kept)
                world.checkRecovery()
                world.checkNextUpgrade()
                cuts += 1
                expectNone(world, scenario, shape, seed, "cuts \(cut), \(second)")
            }
        }
        Totals.report(scenario.name + ", cut again", cuts: cuts, seeds: cuts)
    }

    private func expectNone(
        _ world: World,
        _ scenario: Scenario,
        _ shape: WorldShape,
        _ seed: UInt64,
        _ cut: String
    ) {
        Stop.note(world.violations)
        #expect(
            world.violations.isEmpty,
            "\(scenario.name), \(shape), seed \(seed), \(cut): \(world.violations)"
        )
    }
}
