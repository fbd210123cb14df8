import Slots
import Testing

@testable import Agent

@Suite("A drain from a seed")
struct DrainSeedTests {
    /// A small generator of our own: the same numbers everywhere.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        // Source: Steele, Lea, Flood, "SplitMix".
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }

        mutating func roll(_ sides: Int) -> Int { Int(next() % UInt64(sides)) }
    }

    private struct Scene {
        var cluster: ModelCluster
        var isAdministrators: Bool
        var limit: Duration
        var force: Bool
        var cancelAt: Duration?
        /// UIDs of what must go, and of what must stay.
        var goes: Set<String>
        var stays: Set<String>
    }

    private static func scene(_ seed: UInt64) -> Scene {
        var dice = Dice(state: seed)
        var pods: [ModelCluster.Pod] = []
        var goes: Set<String> = []
        var stays: Set<String> = []
        for number in 0..<dice.roll(8) {
            let kind = dice.roll(8)
            let facts = ClusterTexts.pod(
                "p\(number)",
                controller: ["ReplicaSet", "DaemonSet", "", "Job"][min(kind, 3)],
                phase: kind == 4 ? "Succeeded" : kind == 5 ? "Pending" : "Running",
                isMirror: kind == 6
            )
            var pod = ModelCluster.Pod(facts: facts)
            pod.grace = dice.roll(12) == 0 ? nil : .milliseconds(dice.roll(40_000))
            pod.budget = dice.roll(2) == 0 ? "" : "b\(dice.roll(2))"
            pod.comesBack = dice.roll(5) == 0
            if dice.roll(8) == 0 { pod.finishes = .seconds(dice.roll(60)) }
            pods.append(pod)
            if facts.isInTheWay { goes.insert(facts.uid) } else { stays.insert(facts.uid) }
        }
        var budgets: [String: ModelCluster.Budget] = [:]
        for name in ["b0", "b1"] {
            budgets[name] = .init(
                allowed: dice.roll(3),
                recovery: dice.roll(3) == 0 ? nil : .seconds(1 + dice.roll(30)),
                frees: dice.roll(2) == 0 ? [] : [.seconds(dice.roll(90))]
            )
        }
        let isAdministrators = dice.roll(4) == 0
        let hasOldMark = dice.roll(6) == 0
        let start = dice.roll(60)
        let faults = dice.roll(3) == 0 ? dice.roll(6) : 0
        let salt = dice.next()
        let away: [Range<Duration>] =
            dice.roll(3) == 0 ? [.seconds(start)..<(.seconds(start + 1 + dice.roll(120)))] : []
        let cluster = ModelCluster { state in
            state.pods = pods
            state.budgets = budgets
            state.away = away
            state.node.isUnschedulable = isAdministrators
            if hasOldMark, !isAdministrators { state.node.annotations = [Cordon.mark: "op-0"] }
            state.fault = { _, number in
                guard faults > 0 else { return nil }
                var dice = Dice(state: salt &+ UInt64(number))
                switch dice.roll(20) {
                case 0..<faults: return .before
                case 10..<(10 + faults): return .after
                default: return nil
                }
            }
        }
        return Scene(
            cluster: cluster,
            isAdministrators: isAdministrators,
            limit: .seconds(5 + dice.roll(120)),
            force: dice.roll(3) == 0,
            cancelAt: dice.roll(4) == 0 ? .seconds(dice.roll(100)) : nil,
            goes: goes,
            stays: stays
        )
    }

    @Test("whatever happens, the node is drained or as it was, and nobody else's cordon is touched")
    func seeds() async {
        let start = UInt64(Timestamp.now.seconds) &* 10_000
        for seed in Array(0..<1500) + (start..<(start + 1500)) { await story(seed) }
    }

    private func story(_ seed: UInt64) async {
        let scene = Self.scene(seed)
        let cluster = scene.cluster
        let outcome = await DrainRun(cluster: cluster, time: cluster).run(
            operation: "op-1",
            limit: scene.limit,
            force: scene.force,
            isCancelled: { scene.cancelAt.map { cluster.now >= $0 } ?? false },
            tell: { _ in }
        )
        let here = Comment(rawValue: "seed \(seed): \(outcome.sentence)")
        // Only what was in the way was evicted.
        #expect(Set(cluster.evicted).isSubset(of: scene.goes), here)
        #expect(scene.stays.isSubset(of: cluster.uids), here)
        // The time was kept: the last request, then at most three pairs to take the cordon away.
        #expect(cluster.now < scene.limit + .seconds(100), here)
        expectPauses(cluster, here)
        #expect(Sentences.faults(in: outcome.sentence) == [], here)
        switch outcome.end.verdict {
        case .drained:
            let left = cluster.uids.intersection(scene.goes)
            #expect(left.subtracting(finished(scene)).isEmpty, here)
        case .forced: #expect(scene.force, here)
        case .failed: #expect(!scene.force, here)
        case .cancelled: #expect(scene.cancelAt != nil, here)
        case .refused: Issue.record(here)
        }
        let node = cluster.facts
        if scene.isAdministrators {
            #expect(node.isUnschedulable && !cluster.isOurs, here)
            #expect(outcome.cordon == .none, here)
        } else if outcome.end.verdict == .drained {
            #expect(node.isUnschedulable && cluster.isOurs, here)
        } else if outcome.cordon == .removed {
            #expect(!node.isUnschedulable && !cluster.isOurs, here)
        }
        // Later, when the server answers again, the cordon goes, and goes once.
        cluster.change { state in
            state.away = []
            state.fault = { _, _ in nil }
        }
        let wasOurs = cluster.isOurs
        #expect(await uncordon(cluster) == wasOurs, here)
        #expect(await uncordon(cluster) == false, here)
        #expect(cluster.facts.isUnschedulable == scene.isAdministrators, here)
        #expect(cluster.facts.annotations.isEmpty, here)
    }

    /// UIDs of pods that were in the way once and ended by themselves.
    private func finished(_ scene: Scene) -> Set<String> {
        var finished: Set<String> = []
        scene.cluster.change { state in
            finished = Set(state.pods.filter { $0.facts.isFinished }.map(\.facts.uid))
        }
        return finished
    }

    private func expectPauses(_ cluster: ModelCluster, _ here: Comment) {
        let evictions = cluster.requests.filter { $0.act.hasPrefix("evict") }
        for (_, tries) in Dictionary(grouping: evictions, by: \.act) {
            for (earlier, later) in zip(tries, tries.dropFirst()) {
                #expect(later.time - earlier.time >= Drain.retry, here)
            }
        }
    }

    private func uncordon(_ cluster: ModelCluster) async -> Bool? {
        do throws(ClusterError) {
            return try await Uncordon(cluster: cluster, time: cluster).run()
        } catch {
            return nil
        }
    }
}
