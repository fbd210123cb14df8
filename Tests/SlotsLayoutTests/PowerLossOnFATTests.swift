import Simulator
import Slots
import SlotsDisk
import Testing

/// The same stories and cuts as in SlotsTests, with the record in real files on a real FAT.
@Suite("Power loss on the system partition")
struct PowerLossOnFATTests {
    @Test("a power cut after any effect breaks no promise on a real FAT", arguments: 0..<10)
    func everyEffect(index: Int) throws {
        let releases = try Releases()
        let scenario = Scenario.all[index]
        for shape in WorldShape.all {
            let medium = try SimulatedPartition.medium(shape)
            func world() -> World {
                World(seed: UInt64(index), shape: shape, releases: releases, medium: medium)
            }
            let effects = try scenario.runToEnd(world())
            for cut in 0..<effects {
                let world = world()
                let kept = try scenario.run(world, cut: cut)
                world.powerCycle()
                world.checkAfterCut(kept: kept)
                world.checkRecovery()
                world.checkNextUpgrade()
                #expect(
                    world.violations.isEmpty,
                    "\(scenario.name), \(shape), cut \(cut): \(world.violations)"
                )
            }
        }
    }

    /// The firmware looks for one name in one folder, so no second copy of that sector can help:
    /// here alone the engine relies on a drive that writes a sector whole or not at all.
    @Test("a loader upgrade cut after any effect leaves the old loader or the new one, whole")
    func loaderUpgrade() throws {
        let (old, new) = (SimulatedPartition.loader(1), SimulatedPartition.loader(2))
        for shape in WorldShape.all {
            let effects = try Self.upgrade(to: new, shape, cut: nil, seed: 0).effects
            #expect(effects >= 4)
            for seed in 0..<UInt64(4) {
                for cut in 0...effects {
                    let disk = try Self.upgrade(to: new, shape, cut: cut, seed: seed).disk
                    let files = LoaderFiles(on: disk)
                    let found = try files.current()
                    let isOld = Self.begins(found, with: old)
                    #expect(isOld || Self.begins(found, with: new), "\(shape), cut \(cut)")
                    let store = SystemPartition(on: disk)
                    for copy in 0..<3 {
                        #expect(BootRecord(parsing: try store.readCopy(copy)) != nil)
                    }
                    _ = try files.upgrade(to: new)
                    #expect(Self.begins(try files.current(), with: new), "\(shape), cut \(cut)")
                }
            }
        }
    }

    private static func upgrade(
        to loader: [UInt8],
        _ shape: WorldShape,
        cut: Int?,
        seed: UInt64
    ) throws -> (disk: SimulatedDisk, effects: Int) {
        let power = Power()
        let disk = try SimulatedPartition.formatted(shape, power: power)
        let before = power.effects
        power.cutAfter = cut.map { before + $0 }
        _ = try? LoaderFiles(on: disk).upgrade(to: loader)
        let effects = power.effects - before
        power.cut()
        disk.tearsSectors = false
        var generator = SeededGenerator(seed: seed)
        disk.losePower(using: &generator)
        power.restore()
        return (disk, effects)
    }

    /// Loader files keep their length; what a shorter loader leaves is zero.
    private static func begins(_ bytes: [UInt8], with loader: [UInt8]) -> Bool {
        bytes.starts(with: loader) && bytes[loader.count...].allSatisfy { $0 == 0 }
    }
}
