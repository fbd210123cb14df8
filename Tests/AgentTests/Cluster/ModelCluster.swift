import Synchronization

@testable import Agent

/// A cluster in memory, as far as a node sees it: its Node object, its pods, their disruption
/// budgets, and a time that goes on when somebody waits or asks.
final class ModelCluster: ClusterAccess, DrainTime {
    struct Pod: Sendable {
        var facts: PodFacts
        /// From its eviction until it is gone; `nil`: it never goes.
        var grace: Duration? = .seconds(1)
        /// The name of its budget; empty: none.
        var budget = ""
        /// Its controller sends a new one of its name here at once, cordon or not.
        var comesBack = false
        /// It ends by itself then.
        var finishes: Duration?
        var gone: Duration?
    }

    struct Budget: Sendable {
        /// Evictions it allows now.
        var allowed: Int
        /// After each eviction it allows one more again after this long; `nil`: never.
        var recovery: Duration?
        /// It allows one more from each of these moments on.
        var frees: [Duration] = []
    }

    /// What a request meets instead of a server.
    enum Fault: Sendable {
        /// It is not heard.
        case before
        /// It is carried out, and its answer is lost.
        case after
    }

    struct State: Sendable {
        var now = Duration.zero
        var node = ClusterNode(name: "node-7", version: "1")
        var pods: [Pod] = []
        var budgets: [String: Budget] = [:]
        /// Answers instead of a server's, by act; for evictions by the pod's text.
        var refusals: [String: ClusterError] = [:]
        /// Nobody answers in these times.
        var away: [Range<Duration>] = []
        /// Asked before each request.
        var fault: @Sendable (_ act: String, _ number: Int) -> Fault? = { _, _ in nil }
        /// What an administrator does, and when.
        var orders: [(time: Duration, change: @Sendable (inout ClusterNode) -> Void)] = []
        var requests: [(time: Duration, act: String)] = []
        /// UIDs in the order in which evictions were granted.
        var evicted: [String] = []
        var made = 0
    }

    static let server = ClusterTexts.server
    /// Each request takes this long.
    static let latency = Duration.milliseconds(20)
    static let timeout = Duration.seconds(10)

    private let state: Mutex<State>

    init(_ change: (inout State) -> Void) {
        var state = State()
        change(&state)
        self.state = Mutex(state)
    }

    var now: Duration { state.withLock { $0.now } }
    var facts: ClusterNode { state.withLock { $0.node } }
    var isOurs: Bool { facts.annotations[Cordon.mark] != nil }
    var requests: [(time: Duration, act: String)] { state.withLock { $0.requests } }
    var evicted: [String] { state.withLock { $0.evicted } }
    var uids: Set<String> { state.withLock { Set($0.pods.map(\.facts.uid)) } }

    func change(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    func wait(_ time: Duration) async { pass(time) }

    func node() async throws(ClusterError) -> ClusterNode {
        try ask("read") { state throws(ClusterError) in state.node }
    }

    func pods() async throws(ClusterError) -> [PodFacts] {
        try ask("list") { state throws(ClusterError) in state.pods.map(\.facts) }
    }

    func patchNode(_ patch: NodePatch) async throws(ClusterError) -> ClusterNode {
        try ask("patch") { state throws(ClusterError) in
            guard patch.version == nil || patch.version == state.node.version else {
                throw .answered(Self.server, .changeNode, status: 409, message: "conflict")
            }
            state.node.isUnschedulable = patch.isUnschedulable ?? state.node.isUnschedulable
            for (key, value) in patch.annotations { state.node.annotations[key] = value }
            for (key, value) in patch.labels { state.node.labels[key] = value }
            state.node.version = "\((Int(state.node.version) ?? 0) + 1)"
            return state.node
        }
    }

    func evict(_ pod: PodFacts) async throws(ClusterError) -> EvictionAnswer {
        try ask("evict \(pod.name)") { state throws(ClusterError) in
            guard let index = state.pods.firstIndex(where: { $0.facts.name == pod.name }) else {
                return .gone
            }
            var found = state.pods[index]
            guard found.facts.uid == pod.uid else {
                throw .answered(Self.server, .evict(pod.name), status: 409, message: "other UID")
            }
            if var budget = state.budgets[found.budget], !found.facts.isEnding {
                guard budget.allowed > 0 else { return .budget("the budget \(found.budget)") }
                budget.allowed -= 1
                if let recovery = budget.recovery { budget.frees.append(state.now + recovery) }
                state.budgets[found.budget] = budget
            }
            state.evicted.append(pod.uid)
            found.facts.isEnding = true
            found.gone = found.grace.map { state.now + $0 }
            state.pods[index] = found
            return .accepted
        }
    }

    private func ask<Result>(
        _ act: String,
        _ body: (inout State) throws(ClusterError) -> Result
    ) throws(ClusterError) -> Result {
        let (fault, refusal, isAway) = state.withLock { state in
            state.requests.append((state.now, act))
            let isAway = state.away.contains { $0.contains(state.now) }
            return (state.fault(act, state.requests.count), state.refusals[act], isAway)
        }
        pass(Self.latency)
        if isAway { throw .unreachable(Self.server, reason: "Connection refused") }
        switch fault {
        case .before:
            pass(Self.timeout)
            throw .silent(Self.server, after: Self.timeout)
        case .after:
            if refusal == nil { _ = try locked(body) }
            pass(Self.timeout)
            throw .silent(Self.server, after: Self.timeout)
        case nil:
            if let refusal { throw refusal }
            return try locked(body)
        }
    }

    private func locked<Result>(
        _ body: (inout State) throws(ClusterError) -> Result
    ) throws(ClusterError) -> Result {
        try state.withLock { state throws(ClusterError) in try body(&state) }
    }

    /// Time goes on, and with it what was to happen meanwhile.
    private func pass(_ time: Duration) {
        state.withLock { state in
            state.now += time
            let now = state.now
            for order in state.orders where order.time <= now {
                order.change(&state.node)
                state.node.version = "\((Int(state.node.version) ?? 0) + 1)"
            }
            state.orders.removeAll { $0.time <= now }
            for (name, budget) in state.budgets {
                state.budgets[name]?.allowed += budget.frees.count { $0 <= now }
                state.budgets[name]?.frees.removeAll { $0 <= now }
            }
            for index in state.pods.indices {
                guard let time = state.pods[index].finishes, time <= now else { continue }
                state.pods[index].facts.phase = "Succeeded"
            }
            let gone = state.pods.filter { ($0.gone ?? .seconds(1 << 40)) <= now }
            state.pods.removeAll { ($0.gone ?? .seconds(1 << 40)) <= now }
            for pod in gone where pod.comesBack {
                state.made += 1
                var next = pod
                next.facts = ClusterTexts.pod(
                    pod.facts.name.name,
                    uid: "\(pod.facts.name.name)-again-\(state.made)"
                )
                next.gone = nil
                state.pods.append(next)
            }
        }
    }
}

/// Pods, and a server to blame.
enum ClusterTexts {
    static let server: ServerAddress = {
        do throws(ServerAddress.Fault) {
            return try ServerAddress("https://192.0.2.1:6443")
        } catch {
            preconditionFailure("this is an address")
        }
    }()

    static func pod(
        _ name: String,
        uid: String? = nil,
        controller: String = "ReplicaSet",
        phase: String = "Running",
        isMirror: Bool = false,
        isEnding: Bool = false
    ) -> PodFacts {
        PodFacts(
            name: PodName(namespace: "shop", name: name),
            uid: uid ?? "uid-\(name)",
            phase: phase,
            isMirror: isMirror,
            controller: controller,
            isEnding: isEnding
        )
    }
}
