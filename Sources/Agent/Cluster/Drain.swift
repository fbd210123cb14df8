/// How a node is emptied before its reboot. Pure: findings and time come in, one step at a time
/// goes out, and whoever holds the value takes it.
///
/// | stage | finding | next |
/// |--|--|--|
/// | reading | the node | cordon it, or go on when it is |
/// | cordoning | done | list its pods |
/// | reading, cordoning | an error of the cluster's | read again after 5 s |
/// | reading, cordoning | another error | end: refused |
/// | draining | the first list | evict each pod in the way, in order |
/// | draining | an eviction was accepted | wait until the pod is no longer listed |
/// | draining | an eviction was not granted | evict again after 5 s |
/// | draining | no answer | go on after 5 s |
/// | draining | nothing to ask | list again, 2 s after the last time |
/// | draining | no pod of the first list is left | end: drained |
/// | any | cancelled | end: cancelled |
/// | any | the time is over | end: forced or failed |
///
/// Pods that come after the first list are not waited for, as with `kubectl drain`: they are those
/// that tolerate a cordon.
struct Drain: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        case readNode
        case patchNode(NodePatch)
        case listPods
        case evict(PodFacts)
        case wait(Duration)
        case end(DrainEnd)
    }

    enum Finding: Sendable, Hashable {
        case node(ClusterNode)
        case patched
        case pods([PodFacts])
        case eviction(PodFacts, EvictionAnswer)
        case evictionFailed(PodFacts, ClusterError)
        /// A step failed that is about no pod.
        case failed(ClusterError)
        case cancelled
    }

    /// A pod that is in the way.
    struct Left: Sendable, Hashable {
        enum Why: Sendable, Hashable {
            case notAsked
            case budget(String)
            case postponed(String)
            case failed(ClusterError)
            case ending
        }

        let pod: PodFacts
        fileprivate(set) var why = Why.notAsked
        /// When it is asked to leave, next.
        fileprivate var due: Duration
    }

    private enum Stage: Sendable, Hashable {
        case reading
        case cordoning(NodePatch)
        case draining
    }

    static let retry = Duration.seconds(5)
    static let look = Duration.seconds(2)

    let operation: String
    let limit: Duration
    /// At the end of `limit` the pods that are left do not matter.
    let force: Bool

    /// What is in the way; `nil` before the first list.
    private(set) var left: [Left]?
    /// Of the first list.
    private(set) var total = 0
    private let deadline: Duration
    private var stage = Stage.reading
    private var isOthers = false
    /// Whether there may be a cordon of ours.
    private var mayBeOurs = false
    private var isCancelled = false
    /// Nothing is asked before.
    private var pause = Duration.zero
    private var nextLook = Duration.zero
    /// Why there was no answer, the last time there was none.
    private var silence: ClusterError?
    private var end: DrainEnd?

    /// `now` is when the limit begins to run, on the clock of all that follows.
    init(operation: String, limit: Duration, force: Bool, now: Duration) {
        self.operation = operation
        self.limit = limit
        self.force = force
        deadline = now + limit
    }

    /// What to do now. After the end it is the end again.
    mutating func next(now: Duration) -> Step {
        if let end { return .end(end) }
        if isCancelled { return finish(.cancelled) }
        // What was reached at the last moment was reached.
        if let left, left.isEmpty { return finish(.drained) }
        if now >= deadline { return finish(force ? .forced : .failed) }
        if now < pause { return .wait(min(pause, deadline) - now) }
        switch stage {
        case .reading: return .readNode
        case .cordoning(let patch):
            mayBeOurs = true
            return .patchNode(patch)
        case .draining: return drain(now)
        }
    }

    private func drain(_ now: Duration) -> Step {
        guard let left else { return .listPods }
        let asked = left.filter { $0.why != .ending }
        if let due = asked.first(where: { $0.due <= now }) { return .evict(due.pod) }
        if now >= nextLook { return .listPods }
        return .wait(min(asked.reduce(nextLook) { min($0, $1.due) }, deadline) - now)
    }

    /// What became of the last step, or that somebody cancelled.
    mutating func learn(_ finding: Finding, now: Duration) {
        guard end == nil else { return }
        switch finding {
        case .cancelled: isCancelled = true
        case .node(let node): learn(node)
        case .patched: stage = .draining
        case .pods(let pods): learn(pods, now)
        case .eviction(let pod, let answer): learn(pod, answer, now)
        case .evictionFailed(let pod, let error):
            guard !error.isSilence else { return learn(error, now) }
            silence = nil
            change(pod) { left in
                left.why = .failed(error)
                left.due = now + Self.retry
            }
        case .failed(let error): learn(error, now)
        }
    }

    private mutating func learn(_ node: ClusterNode) {
        switch Cordon(of: node, for: operation) {
        case .patch(let patch): stage = .cordoning(patch)
        case .isOurs:
            mayBeOurs = true
            stage = .draining
        case .isOthers:
            isOthers = true
            stage = .draining
        }
    }

    private mutating func learn(_ error: ClusterError, _ now: Duration) {
        if stage != .draining {
            guard error.blame == .cluster else {
                _ = finish(.refused(error))
                return
            }
            // It may have been changed after all, or by somebody else.
            stage = .reading
        }
        silence = error
        pause = now + Self.retry
    }

    private mutating func learn(_ pods: [PodFacts], _ now: Duration) {
        silence = nil
        nextLook = now + Self.look
        guard let left else {
            self.left = pods.filter(\.isInTheWay).map { pod in
                Left(pod: pod, why: pod.isEnding ? .ending : .notAsked, due: now)
            }
            total = self.left?.count ?? 0
            return
        }
        let found = Dictionary(pods.map { ($0.uid, $0) }) { first, _ in first }
        self.left = left.compactMap { left in
            guard let pod = found[left.pod.uid] else { return nil }
            // One that ended by itself holds nothing up; one that was asked to is seen off.
            guard pod.isEnding || left.why == .ending || !pod.isFinished else { return nil }
            var left = left
            if pod.isEnding { left.why = .ending }
            return left
        }
    }

    private mutating func learn(_ pod: PodFacts, _ answer: EvictionAnswer, _ now: Duration) {
        silence = nil
        if answer == .gone { left?.removeAll { $0.pod.uid == pod.uid } }
        change(pod) { left in
            left.due = now + Self.retry
            switch answer {
            case .accepted, .gone: left.why = .ending
            case .budget(let why): left.why = .budget(why)
            case .postponed(let why): left.why = .postponed(why)
            }
        }
    }

    private mutating func change(_ pod: PodFacts, _ change: (inout Left) -> Void) {
        guard let index = left?.firstIndex(where: { $0.pod.uid == pod.uid }) else { return }
        if var changed = left?[index] {
            change(&changed)
            left?[index] = changed
        }
    }

    private mutating func finish(_ verdict: DrainEnd.Verdict) -> Step {
        let end = DrainEnd(
            verdict: verdict,
            limit: limit,
            total: total,
            left: left,
            silence: silence,
            isOthers: isOthers,
            mayBeOurs: mayBeOurs
        )
        self.end = end
        return .end(end)
    }
}
