import Simulator
import Slots

/// A whole upgrade on slots with anybody's bytes in them: it is refused, or the target holds the
/// release byte for byte, whatever the running slot and an earlier install offer for reuse.
///
/// The input is what is different from good order: it is combined with what lies there, bit by bit.
///
/// | offset | size | combined with |
/// |--|--|--|
/// | 0 | 96 | superblock of the running slot |
/// | 96 | 1024 | its trailer |
/// | 1120 | 56 | its root, every 1000 bytes |
/// | 1176 | | the release to come, from the target's second block on, every 37 bytes |
struct UpgradeTarget: FuzzTarget {
    static let name = "upgrade"
    static let rounds = 60
    static let dialect = Dialect(
        limit: 2048,
        fields: [Dialect.Field(40, 8), Dialect.Field(104, 4), Dialect.Field(112, 4)]
    )
    private let releases: Releases
    private let trailer: Int

    init() throws {
        releases = try Releases()
        trailer = releases[1].root.count
    }

    func seeds() -> [[UInt8]] {
        let none = [UInt8](repeating: 0, count: 1200)
        var reused = none
        reused[1150] = 1
        reused[1199] = 1
        return [none, reused]
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let world = World(seed: 1, shape: WorldShape.all[input.count % 3], releases: releases)
        world.slots.b.tamper(releases[2].slotBytes, at: 0)
        lay(input, on: world)
        let word: String
        do {
            try world.install(releases[2], knowsRanges: input.count.isMultiple(of: 2))
            try promise(world.holds(.b)?.digest == releases[2].digest, "installed, and not whole")
            word = "installed"
        } catch let broken as BrokenPromise {
            throw broken
        } catch {
            word = ending(error)
        }
        world.powerCycle()
        // The damage to the running slot is ours; that anything boots half written is not.
        if world.booted?.slot == .b {
            try promise(world.holds(.b) != nil, "\(word), and slot b boots half written")
        }
        return word
    }

    private func lay(_ input: [UInt8], on world: World) {
        let (running, target) = (world.slots.a, world.slots.b)
        for (index, bits) in input.enumerated() where bits != 0 {
            switch index {
            case ..<96: flip(bits, at: index, running)
            case ..<1120: flip(bits, at: trailer + index - 96, running)
            case ..<1176: flip(bits, at: 96 + (index - 1120) * 1000, running)
            default: flip(bits, at: 4096 + (index - 1176) * 37, target)
            }
        }
    }

    private func flip(_ bits: UInt8, at offset: Int, _ disk: SimulatedDisk) {
        disk.tamper([disk.durableBytes(offset..<(offset + 1))[0] ^ bits], at: offset)
    }
}
