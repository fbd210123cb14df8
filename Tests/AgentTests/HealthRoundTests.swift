import API
import Testing

@testable import Agent

@Suite("A round of checks")
struct HealthRoundTests {
    /// A round whose checks `a` and `b` have ended and whose `c` never does.
    private func held(b: Bool = true) -> HealthRound {
        let round = HealthRound()
        round.end(round.begin("a"), (true, "a, now."))
        round.end(round.begin("b"), (b, "b, now."))
        _ = round.begin("c")
        return round
    }

    private func whole(_ findings: [(name: String, passed: Bool)]) -> HealthRound {
        let round = HealthRound()
        for (name, passed) in findings {
            round.end(round.begin(name), (passed, "\(name), before."))
        }
        round.end()
        return round
    }

    private func gate() -> HealthGate {
        HealthGate(steady: .seconds(10), deadline: .seconds(100), patience: .seconds(100))
    }

    private func words(_ findings: [HealthGate.Finding]) -> [String] {
        findings.map { "\($0.passed ? "ok" : "no") \($0.sentence)" }
    }

    @Test("a round that is over tells what it found, and nothing of the round before")
    func over() {
        var rounds = HealthRounds()
        _ = rounds.learn(whole([("a", true), ("gone", false)]))
        let found = rounds.learn(whole([("a", false), ("b", true)]))
        #expect(words(found) == ["no a, before.", "ok b, before."])
        #expect(rounds.running == nil)
    }

    @Test("of a round that is held up, what has not ended counts as it was found last")
    func heldUp() {
        var rounds = HealthRounds()
        _ = rounds.learn(whole([("a", true), ("b", true), ("c", true), ("d", false)]))
        let round = held(b: false)
        #expect(
            words(rounds.learn(round))
                == ["ok a, now.", "no b, now.", "ok c, before.", "no d, before."]
        )
        #expect(rounds.running === round)
        round.end()
        _ = rounds.learn(round)
        #expect(rounds.running == nil)
    }

    @Test("a check that passed and now hangs passes no longer; one that failed fails as before")
    func hangs() {
        let round = held()
        _ = round.begin("d")
        let before = whole([("c", true), ("d", false)]).findings(before: [])
        #expect(
            words(round.findings(before: before, credit: .zero).suffix(2))
                == ["no Nothing was found out in 0 s.", "no d, before."]
        )
    }

    @Test("a check that never found anything does not pass, unless nobody requires it")
    func never() {
        var rounds = HealthRounds()
        let found = rounds.learn(held())
        #expect(words(found).last == "no Nothing was found out in 0 s.")
        #expect(found.map(\.required) == [true, true, true])
        let shown = HealthRound(advisory: ["c"])
        _ = shown.begin("c")
        _ = shown.begin("clock")
        #expect(shown.findings(before: []).map(\.required) == [false, false])
    }

    @Test("at the deadline the check that failed is named, though another has not ended")
    func deadline() {
        var rounds = HealthRounds()
        var gate = gate()
        #expect(
            gate.weigh(rounds.learn(held(b: false)), now: .seconds(100))
                == .reject(check: "b", why: "b, now.")
        )
    }

    @Test("a cluster that was away stays an excuse while it is asked again")
    func excuse() {
        var rounds = HealthRounds()
        var gate = gate()
        let before = HealthRound()
        before.end(before.begin("a"), (true, "a, before."))
        before.end(before.begin("c"), (false, "c, before."), isExcused: true)
        before.end()
        #expect(gate.weigh(rounds.learn(before), now: .seconds(80)) == .wait(for: ["c"]))
        #expect(gate.weigh(rounds.learn(held()), now: .seconds(100)) == .confirm)
    }

    @Test(
        "who waits for a round goes on when it is over, and when the time is",
        .timeLimit(.minutes(5))
    )
    func waiting() async {
        let round = held()
        await round.wait(atMost: .milliseconds(20))
        #expect(!round.isOver)
        let other = held()
        async let waited: Void = other.wait(atMost: .seconds(3600))
        other.end()
        await waited
        #expect(other.isOver)
    }

    @Test("checks stand in the order in which they were begun, with how long each took")
    func order() async {
        let round = HealthRound(advisory: ["b"])
        let late = round.begin("a")
        #expect(await round.check("b") { (false, "b.") } == false)
        round.end(late, (true, "a."))
        #expect(round.checks.map(\.name) == ["a", "b"])
        #expect(round.checks.map(\.required) == [true, false])
        #expect(round.checks.map(\.passed) == [true, false])
        #expect(round.checks[0].duration >= round.checks[1].duration)
    }
}
