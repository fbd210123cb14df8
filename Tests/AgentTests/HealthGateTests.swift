import Testing

@testable import Agent

@Suite("The health gate")
struct HealthGateTests {
    private static func check(
        _ name: String,
        _ passed: Bool,
        required: Bool = true
    )
        -> HealthGate.Finding
    {
        HealthGate.Finding(
            name: name,
            passed: passed,
            required: required,
            sentence: "\(name) says so."
        )
    }

    private func gate() -> HealthGate { HealthGate(steady: .seconds(10), deadline: .seconds(100)) }

    /// Seconds since the kernel started, whether `a` passes, and what is decided.
    typealias Step = (second: Int, passed: Bool, decision: HealthGate.Decision)

    @Test("a trial is confirmed once, after all required checks passed without a break")
    func confirm() {
        let steps: [Step] = [
            (1, false, .wait(for: ["a"])), (2, true, .wait(for: [])), (11, true, .wait(for: [])),
            (12, false, .wait(for: ["a"])), (13, true, .wait(for: [])),
            (22, true, .wait(for: [])), (23, true, .confirm), (25, true, .wait(for: [])),
            (200, false, .wait(for: ["a"])),
        ]
        var gate = gate()
        for step in steps {
            let decision = gate.weigh(
                [Self.check("a", step.passed), Self.check("b", false, required: false)],
                now: .seconds(step.second)
            )
            #expect(decision == step.decision, "at \(step.second) s")
        }
    }

    @Test("at the deadline the first check that fails is the reason, and it is given once")
    func reject() {
        var gate = gate()
        let findings = [Self.check("a", true), Self.check("b", false), Self.check("c", false)]
        #expect(gate.weigh(findings, now: .seconds(99)) == .wait(for: ["b", "c"]))
        let verdict = HealthGate.Decision.reject(check: "b", why: "b says so.")
        #expect(gate.weigh(findings, now: .seconds(100)) == verdict)
        #expect(gate.weigh(findings, now: .seconds(101)) == .wait(for: ["b", "c"]))
        gate.resume()
        #expect(gate.weigh(findings, now: .seconds(102)) == verdict)
    }

    @Test("health that came too late to last is no health")
    func late() {
        var gate = gate()
        #expect(gate.weigh([Self.check("a", true)], now: .seconds(95)) == .wait(for: []))
        let decision = gate.weigh([Self.check("a", true)], now: .seconds(100))
        guard case .reject(check: "steady", _) = decision else {
            Issue.record("\(decision)")
            return
        }
    }

    @Test("health that lasted is confirmed even at the deadline")
    func inTime() {
        var gate = gate()
        #expect(gate.weigh([Self.check("a", true)], now: .seconds(90)) == .wait(for: []))
        #expect(gate.weigh([Self.check("a", true)], now: .seconds(100)) == .confirm)
    }

    @Test("no check is no proof")
    func none() {
        var gate = gate()
        #expect(gate.weigh([], now: .seconds(50)) == .wait(for: []))
        let decision = gate.weigh(
            [Self.check("c", true, required: false)],
            now: .seconds(100)
        )
        guard case .reject(check: "steady", _) = decision else {
            Issue.record("\(decision)")
            return
        }
    }

    /// Second, whether `a` passes, whether the cluster answers, and what is decided.
    typealias Answer = (second: Int, passed: Bool, answers: Bool, decision: HealthGate.Decision)

    @Test("a cluster that does not answer is waited for, and then says nothing against a release")
    func excused() {
        let both = HealthGate.Decision.wait(for: ["a", "node"])
        let node = HealthGate.Decision.wait(for: ["node"])
        let silent: [Answer] = [
            (10, false, false, both), (12, true, false, node), (49, true, false, node),
            (50, true, false, .confirm),
        ]
        let flapping: [Answer] = [
            (12, true, false, node), (49, false, false, both), (50, true, false, node),
            (59, true, false, node), (60, true, false, .confirm),
        ]
        let back: [Answer] = [
            (12, true, false, node), (30, true, true, .wait(for: [])), (39, true, false, node),
            (40, true, true, .wait(for: [])), (49, true, true, .wait(for: [])),
            (50, true, true, .confirm),
        ]
        let guilty: [Answer] = [
            (60, false, false, both), (100, false, false, .reject(check: "a", why: "a says so.")),
        ]
        for steps in [silent, flapping, back, guilty] {
            var gate = HealthGate(
                steady: .seconds(10),
                deadline: .seconds(100),
                patience: .seconds(50)
            )
            for step in steps { #expect(weigh(&gate, step) == step.decision, "\(step)") }
        }
    }

    @Test("where excuses do not count, a cluster that does not answer is the reason")
    func required() {
        var gate = gate()
        let steps: [Answer] = [
            (12, true, false, .wait(for: ["node"])), (99, true, false, .wait(for: ["node"])),
            (100, true, false, .reject(check: "node", why: "node says so.")),
        ]
        for step in steps { #expect(weigh(&gate, step) == step.decision, "\(step)") }
    }

    private func weigh(_ gate: inout HealthGate, _ step: Answer) -> HealthGate.Decision {
        var node = Self.check("node", step.answers)
        node.excused = !step.answers
        return gate.weigh([Self.check("a", step.passed), node], now: .seconds(step.second))
    }
}
