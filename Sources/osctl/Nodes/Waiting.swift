import API

/// Waits for a machine that restarts: takes what was seen, says what it means.
///
/// Pure: no clock, no network.
struct Waiting: Sendable, Hashable {
    /// What is waited for.
    struct Goal: Sendable, Hashable {
        /// Of the boot that ends.
        let bootID: String
        /// Digest of the release that shall run and be trusted; empty: any boot will do.
        let digest: String
        let version: String
    }

    /// What a node said of itself.
    struct Seen: Sendable, Hashable {
        var bootID: String
        var digest: String
        var version: String
        var standing: Keel_V1_Standing
        /// The slot that runs boots next, too.
        var staysHere: Bool
        var waitsFor: [String] = []
    }

    enum Observation: Sendable, Hashable {
        /// The node did not answer.
        case silence
        case status(Seen)
        case timeOver
    }

    enum Ending: Sendable, Hashable {
        /// The release runs and is trusted.
        case upgraded(String)
        /// Another boot answers; more was not asked.
        case rebooted(String)
        /// No reboot is needed for what was asked.
        case stayed(String)
        /// Another release runs than the one that was tried.
        case rolledBack(wanted: String, running: String, reason: String)
        /// It runs, but as the last resort: nobody trusts it.
        case lastResort(String)
        case unknown(String)
    }

    enum Step: Sendable, Hashable {
        /// Look again; this is what it waits for.
        case again(String)
        case ended(Ending)
    }

    let goal: Goal
    private var isBack = false
    private var isSilent = false

    init(_ goal: Goal) { self.goal = goal }

    /// One table: what was seen, before and after the restart.
    mutating func see(_ observation: Observation) -> Step {
        switch observation {
        case .timeOver: return .ended(.unknown(timeOverWords))
        case .silence:
            isSilent = true
            return .again(isBack ? "the node is silent again" : "the node restarts")
        case .status(let seen) where !isBack && seen.bootID == goal.bootID:
            isSilent = false
            guard seen.staysHere, !goal.digest.isEmpty, seen.digest != goal.digest else {
                return .again("the node has not restarted yet")
            }
            return .ended(.stayed(seen.version))
        case .status(let seen):
            isBack = true
            isSilent = false
            return back(seen)
        }
    }

    private func back(_ seen: Seen) -> Step {
        if goal.digest.isEmpty { return .ended(.rebooted(seen.version)) }
        guard !seen.digest.isEmpty else { return .again("the node does not know what it runs") }
        guard seen.digest == goal.digest else {
            return .ended(.rolledBack(wanted: goal.version, running: seen.version, reason: ""))
        }
        switch seen.standing {
        case .trusted: return .ended(.upgraded(seen.version))
        case .lastResort: return .ended(.lastResort(seen.version))
        case .onTrial, .unspecified, .UNRECOGNIZED:
            let checks = seen.waitsFor.joined(separator: ", ")
            return .again(
                "\(seen.version) runs on trial" + (checks.isEmpty ? "" : ", waits for \(checks)")
            )
        }
    }

    private var timeOverWords: String {
        switch (isBack, isSilent) {
        case (false, true): "the node went away and did not come back"
        case (false, false): "the node has not restarted"
        case (true, true): "the node came back and fell silent"
        case (true, false): "\(goal.version) runs, but is not trusted yet"
        }
    }
}

extension Waiting.Ending {
    var kind: CommandError.Kind {
        switch self {
        case .upgraded, .rebooted, .stayed, .lastResort: .failed
        case .rolledBack: .rolledBack
        case .unknown: .unknown
        }
    }

    /// Whether it is what was asked for.
    var isGood: Bool {
        switch self {
        case .upgraded, .rebooted, .stayed: true
        case .rolledBack, .lastResort, .unknown: false
        }
    }

    var sentence: String {
        switch self {
        case .upgraded(let version): "\(version) runs and is trusted."
        case .rebooted(let version):
            version.isEmpty ? "The node is back." : "The node is back and runs \(version)."
        case .stayed(let version): "\(version) goes on running; no restart was needed."
        case .rolledBack(let wanted, let running, let reason):
            "\(wanted) did not hold\(reason.isEmpty ? "" : " (\(reason))"): the node went back to "
                + "\(running); see 'osctl history'."
        case .lastResort(let version):
            "\(version) runs as the last resort and is not trusted: see 'osctl status', then "
                + "'osctl confirm --insist'."
        case .unknown(let words):
            "the time is over and \(words); look with 'osctl status', or wait longer with "
                + "--timeout."
        }
    }
}

extension Waiting.Seen {
    init(_ status: Keel_V1_GetStatusResponse) {
        self.init(
            bootID: status.bootID,
            digest: status.digest,
            version: status.version,
            standing: status.standing,
            staysHere: !status.running.isEmpty && status.running == status.next,
            waitsFor: status.trial.waitingFor
        )
    }
}
