import InitLink

/// A boot that must prove itself in time: whether it still may, whether the watchdog is fed.
///
/// The agent's health gate decides and writes the record; this only knows the time, what the
/// record says, and whether the agent is there at all.
struct Trial: Sendable {
    enum Verdict: Sendable, Hashable {
        /// The slot is given up: the check that failed, and why.
        case failed(check: String, reason: String)
        /// The record says that the slot is trusted now.
        case confirmed
    }

    /// An agent that ended so often and never was heard is not going to be.
    static let agentLimit = 5
    /// How long an ordinary boot must have had an agent to count as healthy.
    static let settledTime = Duration.seconds(60)

    private let attemptsLeft: Int?
    /// By the clock that starts with the kernel.
    let deadline: Duration
    private(set) var isOver: Bool
    private(set) var isHealthy = false
    private var agentSince: Duration?
    private var agentEnds = 0

    init(of facts: BootFacts, deadline seconds: Int) {
        attemptsLeft = facts.attemptsLeft
        deadline = .seconds(seconds)
        isOver = attemptsLeft == nil
    }

    /// The agent's process ended, or could not be started.
    mutating func agentEnded() { agentEnds += 1 }

    /// The agent asked something.
    mutating func heardAgent(now: Duration) { if agentSince == nil { agentSince = now } }

    var hasAgent: Bool { agentSince != nil }

    /// Whether the watchdog is fed.
    func mayFeed(now: Duration) -> Bool { isOver || now < deadline }

    /// For whoever asks.
    func state(now: Duration) -> TrialState? {
        guard !isOver, let attemptsLeft else { return nil }
        let left = max(.zero, deadline - now).components.seconds
        return TrialState(
            attemptsLeft: UInt32(clamping: attemptsLeft),
            secondsLeft: UInt32(clamping: left)
        )
    }

    /// What is decided now; `nil` when nothing is.
    ///
    /// - Parameters:
    ///   - isTrusted: what the record says of the running slot; `nil` when it was not read.
    ///   - agent: how the agent's service stands.
    mutating func judge(isTrusted: Bool?, agent: ServiceState?, now: Duration) -> Verdict? {
        guard !isOver else {
            if !isHealthy, let agentSince, now - agentSince >= Self.settledTime,
                agent?.condition == .running
            {
                isHealthy = true
            }
            return nil
        }
        if isTrusted == true {
            isOver = true
            isHealthy = true
            return .confirmed
        }
        if !hasAgent, let agent, agent.condition == .failed, agentEnds >= Self.agentLimit {
            isOver = true
            return .failed(check: "agent", reason: "\(agent.name) ended: \(agent.lastExit)")
        }
        guard now >= deadline else { return nil }
        isOver = true
        return .failed(
            check: "deadline",
            reason: "not confirmed within \(deadline.components.seconds) s; "
                + (hasAgent ? "the agent answers" : "the agent was never heard")
        )
    }
}
