import Simulator
import Slots
import Testing

@Suite("Fetch plan")
struct FetchPlanTests {
    private static func index(_ lengths: [Int]) -> ChunkIndex {
        let digest = Digest([UInt8](repeating: 1, count: 32).span)
        return ChunkIndex(lengths.map { ($0, digest) })
    }

    @Test("neighbours are one range, and what is reused is not asked for")
    func ranges() {
        let index = Self.index(Array(repeating: 5000, count: 100))
        var sources = Array(repeating: FetchPlan.Source.inPlace, count: 100)
        for chunk in [3, 4, 5, 50] { sources[chunk] = .network }
        let plan = FetchPlan(index: index, sources: sources)
        #expect(plan.wanted == [15_000..<30_000, 250_000..<255_000])
        #expect(plan.fetchBytes == 20_000)
        #expect(plan.inPlaceBytes == 480_000)
    }

    @Test("from nine tenths on, everything is one plain request")
    func whole() {
        let index = Self.index(Array(repeating: 1000, count: 100))
        var sources = Array(repeating: FetchPlan.Source.network, count: 100)
        for chunk in 0..<10 { sources[chunk * 9] = .inPlace }
        #expect(FetchPlan(index: index, sources: sources).isWhole)
        #expect(FetchPlan(fetchingAll: index).wanted == [0..<100_000])
    }

    @Test("any plan has few requests, wants every missing byte once, and merges small gaps first")
    func properties() {
        var generator = SeededGenerator(seed: Settings.firstSeed)
        for _ in 0..<300 {
            let count = Int.random(in: 1..<600, using: &generator)
            let lengths = (0..<count).map { _ in Int.random(in: 1..<40_000, using: &generator) }
            let share = Int.random(in: 0...100, using: &generator)
            let sources = lengths.map { _ -> FetchPlan.Source in
                Int.random(in: 0..<100, using: &generator) < share
                    ? .network : Bool.random(using: &generator) ? .inPlace : .running(offset: 7)
            }
            let index = Self.index(lengths)
            let plan = FetchPlan(index: index, sources: sources)
            #expect(plan.wanted.count <= FetchPlan.requestLimit)
            for (left, right) in zip(plan.wanted, plan.wanted.dropFirst()) {
                #expect(left.upperBound < right.lowerBound)
            }
            for (chunk, source) in zip(index.chunks, sources) where source == .network {
                #expect(
                    plan.wanted.contains {
                        $0.lowerBound <= chunk.offset && chunk.range.upperBound <= $0.upperBound
                    }
                )
            }
        }
    }
}
