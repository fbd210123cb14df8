import API
import Slots
import Synchronization
import Testing

@testable import Agent

@Suite("An upgrade that drains")
struct EngineDrainTests {
    private let node: TestNode
    private let link = FakeInit()

    init() throws { node = try TestNode() }

    @Test("the node is empty and cordoned before the slot may boot, and stays so for the reboot")
    func drained() async throws {
        let grants = Mutex<[String]>([])
        let (node, place) = (node, node.place)
        let cluster = ModelCluster { state in
            state.pods = [ModelCluster.Pod(facts: ClusterTexts.pod("web"))]
            // Seen at each request to the cluster: whether the new slot may boot already.
            state.fault = { _, _ in
                let found = try? Bench(place, writing: false).node()
                grants.withLock { $0.append("\(found?.record?[.b] as Any)") }
                return nil
            }
        }
        let ended = try await upgrade(node.engine(link, in: cluster))
        #expect(ended.phase == .rebooting)
        try await until("the reboot") { !link.reboots.isEmpty }
        #expect(link.reboots.count == 1)
        #expect(ended.outcome.contains("The node is drained: 1 pod was evicted."))
        #expect(cluster.uids.isEmpty && cluster.isOurs && cluster.facts.isUnschedulable)
        #expect(cluster.facts.annotations[Cordon.mark] == ended.id)
        #expect(try node.node().next == .b)
        #expect(grants.withLock { Set($0) }.count == 1)
    }

    @Test("a budget that never allows it ends the upgrade, and leaves everything as it was")
    func refused() async throws {
        let cluster = ModelCluster { state in
            state.pods = [ModelCluster.Pod(facts: ClusterTexts.pod("web"), budget: "web")]
            state.budgets = ["web": ModelCluster.Budget(allowed: 0)]
        }
        let ended = try await upgrade(node.engine(link, in: cluster), timeout: 30)
        #expect(ended.state == .failed && ended.error.reason == .notDrained)
        #expect(ended.error.sentence.contains("the disruption budget of shop/web allows no"))
        #expect(ended.error.sentence.contains("The node takes new pods again."))
        #expect(ended.error.truth.contains("1.0.0"), "\(ended.error.truth)")
        #expect(!cluster.isOurs && !cluster.facts.isUnschedulable && link.reboots.isEmpty)
        #expect(try node.node().next == .a)
    }

    @Test("with force the upgrade goes on, and says what was left")
    func forced() async throws {
        let cluster = ModelCluster { state in
            state.pods = [ModelCluster.Pod(facts: ClusterTexts.pod("web"), grace: nil)]
        }
        let ended = try await upgrade(node.engine(link, in: cluster), timeout: 30, force: true)
        #expect(ended.phase == .rebooting && cluster.isOurs)
        #expect(ended.outcome.contains("shop/web has not ended yet"), "\(ended.outcome)")
    }

    @Test("a node without credentials cannot drain, and says so")
    func alone() async throws {
        let ended = try await upgrade(node.engine(link))
        #expect(ended.error.reason == .notDrained)
        #expect(ended.error.sentence.contains("the node has joined no cluster"))
        #expect(try node.node().next == .a)
    }

    private func upgrade(
        _ work: EngineWork,
        timeout: UInt32 = 0,
        force: Bool = false
    ) async throws -> Keel_V1_Operation {
        var request = Keel_V1_UpgradeRequest()
        request.source = try node.bundle(try TestRelease("2.0.0"))
        request.reboot = .now
        request.drain.enabled = true
        request.drain.timeout = timeout
        request.drain.force = force
        let operations = node.operations(work)
        let id = try operations.start(.upgrade(request), by: "CN=ada").operation.id
        try await until("the end") {
            operations.active?.phase == .rebooting || operations.active == nil
        }
        return try #require(operations.list().first { $0.id == id })
    }
}
