import Simulator
import Slots
import SlotsDisk
import Synchronization
import Syscalls
import Testing
import Trust

@Suite struct HashTeamTests {
    @Test("a team finds the digests that one finds alone, in their order", arguments: 1...8)
    func same(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alone = OpenSSLHashing()
        let team = HashTeam(alone)
        let bytes = generator.bytes(600_000)
        for _ in 0..<20 {
            var ranges: [Range<Int>] = []
            for _ in 0..<Int.random(in: 0...70, using: &generator) {
                let start = Int.random(in: 0...bytes.count, using: &generator)
                let count = Int.random(in: 0...min(40_000, bytes.count - start), using: &generator)
                ranges.append(start..<(start + count))
            }
            let expected = ranges.map { alone.sha256(bytes.span.extracting($0)) }
            #expect(team.digests(of: ArrayBytes(bytes), in: ranges) == expected, "seed \(seed)")
        }
    }

    @Test("several callers of one team each get their own digests")
    func callers() {
        let alone = OpenSSLHashing()
        let team = HashTeam(alone)
        let wrong = Mutex(0)
        let seeds = Mutex(UInt64(0))
        Thread.share("caller", among: 4) {
            var generator = SeededGenerator(
                seed: seeds.withLock {
                    $0 += 1
                    return $0
                }
            )
            for _ in 0..<50 {
                let bytes = generator.bytes(200_000)
                let ranges = stride(from: 0, to: bytes.count, by: 20_000).map { $0..<($0 + 20_000) }
                let expected = ranges.map { alone.sha256(bytes.span.extracting($0)) }
                if team.digests(of: ArrayBytes(bytes), in: ranges) != expected {
                    wrong.withLock { $0 += 1 }
                }
            }
        }
        #expect(wrong.withLock(\.self) == 0)
        #expect(seeds.withLock(\.self) == 4)
    }
}
