import Synchronization
import Testing

@testable import Agent

@Suite("A drain")
struct DrainTests {
    private func drain(
        _ cluster: ModelCluster,
        limit: Duration = .seconds(60),
        force: Bool = false,
        cancelAt: Duration? = nil
    ) async -> DrainOutcome {
        await DrainRun(cluster: cluster, time: cluster).run(
            operation: "op-1",
            limit: limit,
            force: force,
            isCancelled: { cancelAt.map { cluster.now >= $0 } ?? false },
            tell: { _ in }
        )
    }

    private static func pods(_ names: String...) -> [ModelCluster.Pod] {
        names.map { ModelCluster.Pod(facts: ClusterTexts.pod($0)) }
    }

    @Test("it cordons and annotates in one patch, evicts, and waits until all are gone")
    func all() async {
        let cluster = ModelCluster { $0.pods = Self.pods("a", "b", "c") }
        let outcome = await drain(cluster)
        #expect(outcome.isDrained)
        #expect(outcome.sentence == "The node is drained: 3 pods were evicted.")
        #expect(cluster.uids.isEmpty)
        #expect(cluster.facts.isUnschedulable)
        #expect(cluster.facts.annotations == [Cordon.mark: "op-1"])
        #expect(
            cluster.requests.map(\.act) == [
                "read", "patch", "list", "evict shop/a", "evict shop/b", "evict shop/c", "list",
            ]
        )
    }

    @Test("mirror pods, pods of DaemonSets and finished pods are left where they are")
    func skipped() async {
        let stays = [
            ClusterTexts.pod("mirror", controller: "Node", isMirror: true),
            ClusterTexts.pod("daemon", controller: "DaemonSet"),
            ClusterTexts.pod("done", controller: "Job", phase: "Succeeded"),
            ClusterTexts.pod("failed", controller: "", phase: "Failed"),
        ]
        let goes = [
            ClusterTexts.pod("bare", controller: ""),
            ClusterTexts.pod("pending", controller: "StatefulSet", phase: "Pending"),
            ClusterTexts.pod("lost", controller: "Job", phase: "Unknown"),
        ]
        let cluster = ModelCluster { $0.pods = (stays + goes).map { .init(facts: $0) } }
        #expect(await drain(cluster).isDrained)
        #expect(cluster.uids == Set(stays.map(\.uid)))
        #expect(cluster.evicted == goes.map(\.uid))
    }

    @Test("an empty node is drained without an eviction")
    func empty() async {
        let cluster = ModelCluster { _ in }
        let outcome = await drain(cluster)
        #expect(outcome.sentence == "The node is drained: there was no pod to evict.")
        #expect(outcome.cordon == .kept)
    }

    @Test("a budget that frees up is asked again every five seconds")
    func budget() async {
        let cluster = ModelCluster { state in
            state.pods = Self.pods("a", "b")
            for index in state.pods.indices { state.pods[index].budget = "web" }
            state.budgets["web"] = .init(allowed: 1, recovery: .seconds(12))
        }
        let outcome = await drain(cluster)
        #expect(outcome.isDrained)
        let times = cluster.requests.filter { $0.act == "evict shop/b" }.map(\.time)
        #expect(times.count == 4)
        for (earlier, later) in zip(times, times.dropFirst()) {
            #expect(later - earlier >= Drain.retry)
            #expect(later - earlier < Drain.retry + .seconds(1))
        }
    }

    @Test("a budget that never frees up fails the drain at its limit, and the cordon goes")
    func stuckBudget() async {
        let cluster = ModelCluster { state in
            state.pods = Self.pods("a", "web")
            state.pods[1].budget = "web"
            state.budgets["web"] = .init(allowed: 0)
        }
        let outcome = await drain(cluster)
        #expect(!outcome.isDrained)
        #expect(outcome.cordon == .removed)
        #expect(
            outcome.sentence == "The node was not drained within 60 s: the disruption budget of "
                + "shop/web allows no eviction (the budget web). The node takes new pods again."
        )
        #expect(!cluster.facts.isUnschedulable)
        #expect(cluster.facts.annotations.isEmpty)
        #expect(cluster.uids == ["uid-web"])
        #expect(cluster.now < .seconds(62))
    }

    @Test("with force the limit ends the waiting, and the node stays cordoned for its reboot")
    func force() async {
        let cluster = ModelCluster { state in
            state.pods = Self.pods("web", "slow")
            state.pods[0].budget = "web"
            state.pods[1].grace = nil
            state.budgets["web"] = .init(allowed: 0)
        }
        let outcome = await drain(cluster, force: true)
        #expect(outcome.isDrained)
        #expect(outcome.cordon == .kept)
        #expect(
            outcome.sentence == "The drain was ended by force after 60 s: the disruption budget of "
                + "shop/web allows no eviction (the budget web); shop/slow has not ended yet."
        )
        #expect(cluster.isOurs)
        #expect(cluster.facts.isUnschedulable)
    }

    @Test("a pod that comes back as a new one is neither waited for nor evicted")
    func comesBack() async {
        let cluster = ModelCluster { state in
            state.pods = Self.pods("a", "b")
            state.pods[0].comesBack = true
        }
        let outcome = await drain(cluster)
        #expect(outcome.isDrained)
        #expect(cluster.evicted == ["uid-a", "uid-b"])
        #expect(cluster.uids == ["a-again-1"])
    }

    @Test("a pod that is ending already is waited for and not evicted")
    func ending() async {
        let cluster = ModelCluster { state in
            state.pods = [.init(facts: ClusterTexts.pod("a", isEnding: true))]
            state.pods[0].gone = .seconds(7)
        }
        #expect(await drain(cluster).isDrained)
        #expect(cluster.evicted.isEmpty)
        #expect(cluster.now > .seconds(7))
    }

    @Test("a pod that its budget holds and that ends by itself is in the way no more")
    func finishes() async {
        let cluster = ModelCluster { state in
            state.pods = Self.pods("job")
            state.pods[0].budget = "jobs"
            state.pods[0].finishes = .seconds(20)
            state.budgets["jobs"] = .init(allowed: 0)
        }
        #expect(await drain(cluster).isDrained)
        #expect(cluster.evicted.isEmpty)
        #expect(cluster.uids == ["uid-job"])
    }

    @Test("an administrator's cordon gets no annotation and outlives every end", arguments: 0..<3)
    func administrator(end: Int) async {
        let cluster = ModelCluster { state in
            state.node.isUnschedulable = true
            state.pods = Self.pods("a")
            if end > 0 { state.pods[0].grace = nil }
        }
        let outcome = await drain(cluster, cancelAt: end == 2 ? .seconds(10) : nil)
        #expect(outcome.isDrained == (end == 0))
        #expect(cluster.facts.isUnschedulable)
        #expect(cluster.facts.annotations.isEmpty)
        #expect(outcome.cordon == .none)
        #expect(
            outcome.sentence.hasSuffix(
                " The node was cordoned before by somebody else, and stays so."
            )
        )
        #expect(!cluster.requests.contains { $0.act == "patch" })
    }

    @Test("an administrator who cordons between reading and patching keeps the cordon")
    func race() async {
        let cluster = ModelCluster { state in
            state.pods = Self.pods("a")
            state.orders = [(ModelCluster.latency * 1.5, { $0.isUnschedulable = true })]
        }
        let outcome = await drain(cluster)
        #expect(outcome.isDrained)
        #expect(outcome.end.isOthers)
        #expect(cluster.facts.isUnschedulable)
        #expect(cluster.facts.annotations.isEmpty)
    }

    @Test("an operation that begins again takes up its own cordon, and another's becomes its own")
    func again() async {
        for owner in ["op-1", "op-0"] {
            let cluster = ModelCluster { state in
                state.node.isUnschedulable = true
                state.node.annotations = [Cordon.mark: owner, "other": "stays"]
                state.pods = Self.pods("a")
            }
            #expect(await drain(cluster).isDrained)
            #expect(cluster.facts.annotations == [Cordon.mark: "op-1", "other": "stays"])
            #expect(cluster.requests.contains { $0.act == "patch" } == (owner == "op-0"))
        }
    }

    @Test("an API server that goes away in the middle is waited for")
    func away() async {
        let cluster = ModelCluster { state in
            state.pods = Self.pods("a", "b", "c")
            state.away = [.milliseconds(70)..<(.seconds(40))]
        }
        let outcome = await drain(cluster)
        #expect(outcome.isDrained)
        #expect(cluster.now > .seconds(40))
        // One request every five seconds, not one for each pod.
        #expect(cluster.requests.count < 20)
    }

    @Test("an API server that stays away fails the drain, which says so and that the cordon stays")
    func awayForGood() async {
        let cluster = ModelCluster { state in
            state.pods = Self.pods("a", "b")
            state.away = [.milliseconds(70)..<(.seconds(1000))]
        }
        let outcome = await drain(cluster)
        let gone = "the API server https://192.0.2.1:6443 cannot be reached: Connection refused"
        #expect(
            outcome.sentence == "The node was not drained within 60 s: shop/a has not ended yet; "
                + "shop/b was not asked to leave; \(gone). The node is still cordoned: \(gone)."
        )
        #expect(cluster.isOurs)
        // Whoever starts next takes it away.
        cluster.change { $0.away = [] }
        #expect(await uncordoned(cluster) == true)
        #expect(!cluster.facts.isUnschedulable)
    }

    @Test(
        "an API server that is away from the start leaves the node as it is",
        arguments: [true, false]
    )
    func neverThere(force: Bool) async {
        let cluster = ModelCluster { $0.away = [.zero..<(.seconds(1000))] }
        let outcome = await drain(cluster, force: force)
        #expect(outcome.isDrained == force)
        #expect(outcome.cordon == .none)
        #expect(!cluster.facts.isUnschedulable)
        #expect(outcome.sentence.hasSuffix("cannot be reached: Connection refused."))
    }

    @Test("a cordon whose answer was lost is taken for ours", arguments: [true, false])
    func lost(isDrained: Bool) async {
        let cluster = ModelCluster { state in
            state.pods = Self.pods("a")
            if !isDrained { state.pods[0].grace = nil }
            state.fault = { act, number in act == "patch" && number == 2 ? .after : nil }
        }
        let outcome = await drain(cluster)
        #expect(outcome.isDrained == isDrained)
        #expect(!outcome.end.isOthers)
        #expect(cluster.isOurs == isDrained)
        #expect(cluster.facts.isUnschedulable == isDrained)
    }

    @Test("a cordon whose answer was lost at the last moment is taken away")
    func lostAtTheEnd() async {
        let cluster = ModelCluster { state in
            state.fault = { act, number in act == "patch" && number == 2 ? .after : nil }
        }
        let outcome = await drain(cluster, limit: .seconds(5))
        #expect(!outcome.isDrained)
        #expect(outcome.cordon == .removed)
        #expect(!cluster.facts.isUnschedulable)
    }

    @Test("a refusal before the cordon ends the drain at once", arguments: ["read", "patch"])
    func refused(act: String) async {
        let refusal = ClusterError.refused(
            ModelCluster.server,
            act == "read" ? .readNode : .changeNode,
            status: 403,
            message: "forbidden"
        )
        let cluster = ModelCluster { state in
            state.pods = Self.pods("a")
            state.refusals[act] = refusal
        }
        // Force is for what is in the way, not for who may not ask.
        let outcome = await drain(cluster, force: true)
        #expect(outcome.end.verdict == .refused(refusal))
        #expect(!outcome.isDrained)
        #expect(cluster.now < .seconds(1))
        #expect(outcome.sentence.hasPrefix("The node cannot be drained: the API server"))
        #expect(cluster.evicted.isEmpty)
    }

    @Test("a refusal of one pod's eviction holds up that pod alone, and is said at the end")
    func refusedPod() async {
        let refusal = ClusterError.answered(
            ModelCluster.server,
            .evict(PodName(namespace: "shop", name: "a")),
            status: 500,
            message: "This pod has more than one PodDisruptionBudget"
        )
        let cluster = ModelCluster { state in
            state.pods = Self.pods("a", "b")
            state.refusals["evict shop/a"] = refusal
        }
        let outcome = await drain(cluster)
        #expect(cluster.evicted == ["uid-b"])
        #expect(outcome.sentence.contains("evict shop/a"))
        #expect(outcome.sentence.contains("more than one PodDisruptionBudget"))
        #expect(outcome.cordon == .removed)
    }

    @Test("a cancelled drain ends, and takes its cordon away", arguments: [0, 1, 9, 30])
    func cancelled(second: Int) async {
        let cluster = ModelCluster { state in
            state.pods = Self.pods("a", "b")
            state.pods[1].grace = nil
        }
        let outcome = await drain(cluster, force: true, cancelAt: .seconds(second))
        #expect(outcome.end.verdict == .cancelled)
        #expect(!outcome.isDrained)
        #expect(!cluster.facts.isUnschedulable)
        #expect(cluster.facts.annotations.isEmpty)
        #expect(cluster.now < .seconds(second + 2))
        #expect(outcome.cordon == (second == 0 ? .none : .removed))
    }

    @Test("of many pods that are left eight are named")
    func many() async {
        let cluster = ModelCluster { state in
            state.pods = (10..<30).map { .init(facts: ClusterTexts.pod("p\($0)"), grace: nil) }
        }
        let outcome = await drain(cluster)
        #expect(outcome.sentence.contains("shop/p17 has not ended yet; and 12 more."))
        #expect(!outcome.sentence.contains("shop/p18"))
    }

    @Test("an end is given again and again, and nothing changes it")
    func over() {
        var drain = Drain(operation: "op-1", limit: .seconds(1), force: false, now: .seconds(5))
        #expect(drain.next(now: .seconds(5)) == .readNode)
        guard case .end(let end) = drain.next(now: .seconds(6)) else {
            Issue.record("the limit is over")
            return
        }
        #expect(end.verdict == .failed)
        drain.learn(.cancelled, now: .seconds(6))
        drain.learn(.pods([]), now: .seconds(6))
        #expect(drain.next(now: .seconds(7)) == .end(end))
    }

    @Test("whoever watches hears how many pods are left")
    func watched() async {
        let cluster = ModelCluster { $0.pods = Self.pods("a", "b") }
        let seen = Mutex<[Int?]>([])
        _ = await DrainRun(cluster: cluster, time: cluster).run(
            operation: "op-1",
            limit: .seconds(60),
            force: false,
            isCancelled: { false },
            tell: { drain in seen.withLock { $0.append(drain.left?.count) } }
        )
        #expect(seen.withLock { $0 } == [nil, nil, 2, 2, 2, 0])
    }

    private func uncordoned(_ cluster: ModelCluster) async -> Bool? {
        do throws(ClusterError) {
            return try await Uncordon(cluster: cluster, time: cluster).run()
        } catch {
            return nil
        }
    }
}
