/// What becomes of a trial, from the checks made so far. Pure: time and findings come in, a
/// decision goes out, and whoever holds the value acts on it.
///
/// | required checks | time | decision |
/// |--|--|--|
/// | one fails | before the deadline | wait, and begin to count anew |
/// | all pass | for less than `steady` | wait |
/// | all pass | for `steady` without a break | confirm |
/// | one fails | from the deadline on | reject: that check |
/// | all pass, not for long enough | from the deadline on | reject: `steady` |
///
/// A check that cannot be made through no fault of this node's (its cluster does not answer) is
/// excused. It is waited for, but says nothing against the release:
///
/// | all others pass | time | decision |
/// |--|--|--|
/// | for whatever time | before `patience` | wait |
/// | for less than `steady` | from `patience` to the deadline | wait |
/// | for `steady` without a break | from `patience` on | confirm |
///
/// Where excuses do not count, it is a check that fails.
///
/// A decision that ends the trial is made once; afterwards the answer is always to wait.
struct HealthGate: Sendable, Hashable {
    /// One check's result.
    struct Finding: Sendable, Hashable {
        var name: String
        var passed: Bool
        /// A check that is not required is shown, and not waited for.
        var required: Bool
        var sentence: String
        /// It does not pass, and that is not this node's fault.
        var excused = false
    }

    enum Decision: Sendable, Hashable {
        /// Names of required checks that do not pass; none when it is only a matter of time.
        case wait(for: [String])
        case confirm
        case reject(check: String, why: String)
    }

    /// How long all required checks must pass without a break.
    let steady: Duration
    /// Since the kernel started.
    let deadline: Duration
    /// Until when an excused check is waited for, since the kernel started; nil: excuses do not
    /// count.
    let patience: Duration?
    /// Since when all pass, and since when all pass but for the excused ones.
    private var healthySince: Duration?
    private var soundSince: Duration?
    private var isOver = false

    init(steady: Duration, deadline: Duration, patience: Duration? = nil) {
        self.steady = steady
        self.deadline = deadline
        self.patience = patience
    }

    /// Weighs the checks as they were at `now`, which is since the kernel started.
    mutating func weigh(_ findings: [Finding], now: Duration) -> Decision {
        let failing = findings.filter { $0.required && !$0.passed }
        let guilty = failing.filter { patience == nil || !$0.excused }
        soundSince = guilty.isEmpty ? soundSince ?? now : nil
        healthySince = failing.isEmpty ? healthySince ?? now : nil
        let wait = Decision.wait(for: failing.map(\.name))
        guard !isOver else { return wait }
        // No findings are no proof of health.
        if findings.contains(where: \.required), isHealthy(now) {
            isOver = true
            return .confirm
        }
        guard now >= deadline else { return wait }
        isOver = true
        if let first = guilty.first { return .reject(check: first.name, why: first.sentence) }
        let why =
            findings.contains(where: \.required)
            ? "the checks did not pass for long enough in time" : "no check was made in time"
        return .reject(check: "steady", why: why)
    }

    private func isHealthy(_ now: Duration) -> Bool {
        if let healthySince, now - healthySince >= steady { return true }
        guard let patience, let soundSince else { return false }
        return now >= patience && now - soundSince >= steady
    }

    /// The decision could not be carried out: the next weighing makes it again.
    mutating func resume() { isOver = false }
}
