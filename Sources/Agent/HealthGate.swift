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
/// A decision that ends the trial is made once; afterwards the answer is always to wait.
struct HealthGate: Sendable, Hashable {
    /// One check's result.
    struct Finding: Sendable, Hashable {
        var name: String
        var passed: Bool
        /// A check that is not required is shown, and not waited for.
        var required: Bool
        var sentence: String
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
    private var healthySince: Duration?
    private var isOver = false

    init(steady: Duration, deadline: Duration) {
        self.steady = steady
        self.deadline = deadline
    }

    /// Weighs the checks as they were at `now`, which is since the kernel started.
    mutating func weigh(_ findings: [Finding], now: Duration) -> Decision {
        let failing = findings.filter { $0.required && !$0.passed }
        guard !isOver else { return .wait(for: failing.map(\.name)) }
        if let first = failing.first {
            healthySince = nil
            guard now >= deadline else { return .wait(for: failing.map(\.name)) }
            isOver = true
            return .reject(check: first.name, why: first.sentence)
        }
        // No findings are no proof of health.
        guard findings.contains(where: \.required) else {
            guard now >= deadline else { return .wait(for: []) }
            isOver = true
            return .reject(check: "steady", why: "no check was made in time")
        }
        let since = healthySince ?? now
        healthySince = since
        if now - since >= steady {
            isOver = true
            return .confirm
        }
        guard now >= deadline else { return .wait(for: []) }
        isOver = true
        return .reject(check: "steady", why: "the checks did not pass for long enough in time")
    }

    /// The decision could not be carried out: the next weighing makes it again.
    mutating func resume() { isOver = false }
}
