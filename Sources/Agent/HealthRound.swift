import API
import Synchronization

/// One round of checks while it is made: what was found so far, and what is still being asked.
final class HealthRound: Sendable {
    /// What a check found: a sentence, and whether it is good.
    typealias Finding = (passed: Bool, sentence: String)

    /// For so long a check that passed before counts as passed while it is made again.
    static let credit = Duration.seconds(30)

    private struct State {
        /// In the order in which they were begun; `nil` before the end.
        var checks: [(name: String, begun: ContinuousClock.Instant, end: Keel_V1_HealthCheck?)] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let advisory: Set<String>
    private let (ended, ending) = AsyncStream<Never>.makeStream()

    /// A check that `advisory` names is shown, and not required. A machine without a time server
    /// serves all the same.
    init(advisory: [String] = []) { self.advisory = Set(advisory).union(["clock"]) }

    /// Those that have ended.
    var checks: [Keel_V1_HealthCheck] { state.withLock { $0.checks.compactMap(\.end) } }

    var isOver: Bool { state.withLock { $0.isOver } }

    /// The round has no further checks.
    func end() {
        state.withLock { $0.isOver = true }
        ending.finish()
    }

    /// Returns when the round is over, or after `time`. Whoever waited in vain once is not held up
    /// again.
    func wait(atMost time: Duration) async {
        await withTaskGroup { group in
            group.addTask { [ended] in for await _ in ended {} }
            // Cut short only because the round is over.
            group.addTask { do { try await Task.sleep(for: time) } catch {} }
            await group.next()
            group.cancelAll()
        }
    }

    @discardableResult
    func check(_ name: String, _ find: () async -> Finding) async -> Bool {
        let check = begin(name)
        let finding = await find()
        end(check, finding)
        return finding.passed
    }

    /// Takes the check's place in the order.
    func begin(_ name: String) -> Int {
        state.withLock {
            $0.checks.append((name, .now, nil))
            return $0.checks.count - 1
        }
    }

    /// `isExcused`: it does not pass, and that is not this node's fault.
    func end(_ number: Int, _ finding: Finding, isExcused: Bool = false) {
        state.withLock {
            let (name, begun, _) = $0.checks[number]
            var check = Keel_V1_HealthCheck()
            check.name = name
            check.passed = finding.passed
            check.sentence = finding.sentence
            check.required = !advisory.contains(name)
            check.duration = (ContinuousClock.now - begun) / .seconds(1)
            check.excused = isExcused
            $0.checks[number].end = check
        }
    }

    /// What is known now. A check that has not ended, or that the round has not come to, counts as
    /// it was found `before`; one that hangs, or never found anything, does not pass.
    func findings(
        before: [HealthGate.Finding],
        credit: Duration = credit
    ) -> [HealthGate.Finding] {
        let (checks, isOver) = state.withLock { ($0.checks, $0.isOver) }
        let findings = checks.map { check in
            if let end = check.end { return HealthGate.Finding(end) }
            let age = ContinuousClock.now - check.begun
            if let last = before.first(where: { $0.name == check.name }),
                !last.passed || age < credit
            {
                return last
            }
            let seconds = Int(age / .seconds(1))
            return HealthGate.Finding(
                name: check.name,
                passed: false,
                required: !advisory.contains(check.name),
                sentence: "Nothing was found out in \(seconds) s."
            )
        }
        guard !isOver else { return findings }
        return findings + before.filter { last in !checks.contains { $0.name == last.name } }
    }
}

/// Rounds of checks, one after the other, and what they found.
struct HealthRounds {
    /// The one that was not over when it was last looked at.
    private(set) var running: HealthRound?
    private var found: [HealthGate.Finding] = []

    /// What every check found last, as far as `round` has come.
    mutating func learn(_ round: HealthRound) -> [HealthGate.Finding] {
        running = round.isOver ? nil : round
        let findings = round.findings(before: found)
        if running == nil { found = findings }
        return findings
    }
}

extension HealthGate.Finding {
    init(_ check: Keel_V1_HealthCheck) {
        self.init(
            name: check.name,
            passed: check.passed,
            required: check.required,
            sentence: check.sentence,
            excused: check.excused
        )
    }
}
