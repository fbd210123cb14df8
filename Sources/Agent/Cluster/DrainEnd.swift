/// How a drain ended.
struct DrainEnd: Sendable, Hashable {
    enum Verdict: Sendable, Hashable {
        /// Nothing is in the way any more.
        case drained
        /// The time is over, and what is left does not matter.
        case forced
        /// The time is over.
        case failed
        /// It could not begin.
        case refused(ClusterError)
        case cancelled
    }

    let verdict: Verdict
    let limit: Duration
    /// Pods that were in the way.
    let total: Int
    /// Those that still are; `nil` when they were never listed.
    let left: [Drain.Left]?
    /// Why there was no answer, when there was none at last.
    let silence: ClusterError?
    /// Somebody else had cordoned the node before: it stays so.
    let isOthers: Bool
    /// A cordon of ours may be in place.
    let mayBeOurs: Bool

    /// The node may be started anew.
    var isDrained: Bool { verdict == .drained || verdict == .forced }

    /// Our cordon is to be taken away again.
    var undoes: Bool { mayBeOurs && !isDrained }

    /// More pods than this are only counted.
    private static let named = 8

    /// What happened; whether the node is still cordoned `DrainOutcome` says.
    var sentence: String {
        let seconds = limit.components.seconds
        switch verdict {
        case .drained where total == 0:
            return "The node is drained: there was no pod to evict."
        case .drained: return "The node is drained: \(Self.pods(total)) evicted."
        case .forced: return "The drain was ended by force after \(seconds) s: \(leftWords)."
        case .failed: return "The node was not drained within \(seconds) s: \(leftWords)."
        case .refused(let error): return "The node cannot be drained: \(error.words)."
        case .cancelled: return "The drain was cancelled; \(Self.pods(total - rest)) evicted."
        }
    }

    private var rest: Int { left?.count ?? 0 }

    private static func pods(_ count: Int) -> String {
        count == 1 ? "1 pod was" : "\(count) pods were"
    }

    private var leftWords: String {
        guard let left else { return silence?.words ?? "its pods could not be listed" }
        var words = left.prefix(Self.named).map(\.words)
        if left.count > Self.named { words.append("and \(left.count - Self.named) more") }
        if let silence { words.append(silence.words) }
        return words.joined(separator: "; ")
    }
}

extension Drain.Left {
    /// Why it is still there.
    var words: String {
        switch why {
        case .notAsked: "\(pod.name) was not asked to leave"
        case .budget(let why):
            "the disruption budget of \(pod.name) allows no eviction" + Self.tail(why)
        case .postponed(let why): "\(pod.name) may not be evicted now" + Self.tail(why)
        case .failed(let error): error.words
        case .ending: "\(pod.name) has not ended yet"
        }
    }

    private static func tail(_ why: String) -> String { why.isEmpty ? "" : " (\(why))" }
}
