import Simulator
import Slots
import Testing

/// A server that cuts, stalls, lies and changes its mind.
@Suite("Network faults")
struct NetworkFaultTests {
    private static let size = 14 * SlotLayout.blockSize

    private func world(seed: UInt64 = 1) throws -> World {
        World(seed: seed, shape: WorldShape.all[1], releases: try PowerLossTests.releases.get())
    }

    @Test(
        "whatever the server does, the slot stays forbidden and the next install succeeds",
        arguments: [
            SimulatedSource.Fault.cut(after: 0), .cut(after: 1), .cut(after: 20_000),
            .stall(after: 10_000), .short(by: 1), .short(by: 30_000), .swapped(after: 0),
            .swapped(after: 9_000), .changedBetweenRequests, .flipped(at: 4_095),
            .flipped(at: 4_096), .flipped(at: size - 1),
        ],
        [true, false]
    )
    func everyFault(fault: SimulatedSource.Fault, knowsRanges: Bool) throws {
        let world = try world()
        if fault == .changedBetweenRequests, !knowsRanges { return }
        // Without reuse every byte of the root comes over the wire, so every fault is met.
        let options = UpgradeOptions(reuses: fault == .changedBetweenRequests)
        #expect(throws: UpdateError.self) {
            try world.install(
                world.releases[2],
                knowsRanges: knowsRanges,
                fault: fault,
                options: options
            )
        }
        #expect(world.inForce?[.b] == SlotState.none)
        #expect(world.slots.b.durableBytes(0..<4096).allSatisfy { $0 == 0 })
        world.powerCycle()
        world.checkAfterCut(kept: [.a])
        world.checkRecovery()
        world.checkNextUpgrade()
        #expect(world.violations.isEmpty, "\(world.violations)")
    }

    @Test(
        "a wrong byte from the network is found before its chunk is written",
        arguments: [
            4_096, 20_000, size - 1,
        ]
    )
    func wrongByte(offset: Int) throws {
        let world = try world()
        let release = world.releases[2]
        let chunks = Array(release.index.chunks)
        let number = try #require(chunks.firstIndex { $0.range.contains(offset) })
        let chunk = chunks[number]
        let before = world.slots.b.durableBytes(chunk.range)
        #expect(throws: UpdateError.wrongChunk(chunk: number, offset: chunk.offset)) {
            try world.install(
                release,
                fault: .flipped(at: offset),
                options: UpgradeOptions(reuses: false)
            )
        }
        try world.slots.b.flush()
        let kept = max(0, SlotLayout.head.count - chunk.offset)
        #expect(world.slots.b.durableBytes(chunk.range).dropFirst(kept) == before.dropFirst(kept))
    }

    @Test("a rerun fetches nothing that is in place, but for the chunks of the first block")
    func resumeFetchesTheRest() throws {
        let world = try world()
        let release = world.releases[2]
        let options = UpgradeOptions(reuses: false)
        #expect(throws: UpdateError.self) {
            try world.install(release, fault: .cut(after: 30_000), options: options)
        }
        try world.slots.b.flush()
        let inPlace = release.index.chunks.filter { chunk in
            chunk.offset >= 4096
                && world.slots.b.durableBytes(chunk.range) == Array(release.root[chunk.range])
        }
        let common = Set(world.releases[1].index.chunks.map(\.digest))
        let source = SimulatedSource(release)
        try world.engine().verify(source).write(from: source).activate()
        let missing = release.index.chunks.filter { chunk in
            !inPlace.contains(chunk) && !common.contains(chunk.digest)
        }
        #expect(inPlace.count >= 4)
        #expect(source.rootBytes >= missing.reduce(0) { $0 + $1.length })
        for range in source.rootRanges {
            #expect(!inPlace.contains { $0.range.overlaps(range) }, "\(range) was in place")
        }
    }

    @Test("a chunk that the running slot holds damaged comes from the network instead")
    func damagedRunningSlot() throws {
        let releases = try world().releases
        let (old, new) = (releases[1], releases[2])
        let known = Set(new.index.chunks.map(\.digest))
        let shared = old.index.chunks.filter { known.contains($0.digest) }
        #expect(shared.count > 1)
        for chunk in shared {
            let world = try world()
            world.slots.a.tamper([old.root[chunk.offset] ^ 1], at: chunk.offset)
            world.violations = []
            let source = SimulatedSource(new)
            try world.engine().verify(source).write(from: source).activate()
            #expect(world.holds(.b)?.digest == new.digest, "chunk at \(chunk.offset)")
            #expect(source.traffic.requests == 2)
        }
    }

    @Test(
        "one write that reaches the medium wrong is found, and the slot is never armed",
        arguments: [2, 5]
    )
    func spoiledWrite(release number: Int) throws {
        var found = 0
        var index = 0
        var isOver = false
        while !isOver {
            defer { index += 1 }
            let world = try world(seed: UInt64(index))
            let release = world.releases[number]
            world.slots.b.spoilsWrite = index
            try? world.install(release)
            // Each write in its turn, until an install makes no more of them.
            isOver = world.slots.b.spoilsWrite.map { $0 >= 0 } ?? false
            // A wrong bit in the zeros of the first block is gone once the block itself is written,
            // and one in a sector that two chunks share may go with the second.
            if world.holds(.b)?.digest != release.digest {
                #expect(world.inForce?[.b] == SlotState.none, "write \(index)")
                found += 1
            }
            #expect(world.violations.isEmpty, "write \(index): \(world.violations)")
        }
        #expect(found > 8)
    }
}
