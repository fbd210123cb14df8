import API
import Testing

@testable import osctl

/// One row for each thing that can be seen, before and after the restart.
@Suite("Waiting across a restart")
struct WaitingTests {
    private static let goal = Waiting.Goal(bootID: "old", digest: "new", version: "2.0.0")

    private static func seen(
        _ boot: String,
        _ digest: String,
        _ standing: Keel_V1_Standing = .trusted,
        stays: Bool = true
    ) -> Waiting.Observation {
        .status(
            Waiting.Seen(
                bootID: boot,
                digest: digest,
                version: digest == "new" ? "2.0.0" : "1.0.0",
                standing: standing,
                staysHere: stays,
                waitsFor: standing == .onTrial ? ["kubelet"] : []
            )
        )
    }

    struct Row: Sendable, CustomStringConvertible {
        let description: String
        let observations: [Waiting.Observation]
        let step: Waiting.Step
        let code: Int32?
        var digest = "new"
    }

    static let rows: [Row] = [
        Row(
            description: "the old boot still answers",
            observations: [seen("old", "old", stays: false)],
            step: .again("the node has not restarted yet"),
            code: nil
        ),
        Row(
            description: "nobody answers",
            observations: [.silence],
            step: .again("the node restarts"),
            code: nil
        ),
        Row(
            description: "the new release is on trial",
            observations: [.silence, seen("b2", "new", .onTrial)],
            step: .again("2.0.0 runs on trial, waits for kubelet"),
            code: nil
        ),
        Row(
            description: "the new release is trusted",
            observations: [.silence, seen("b2", "new", .onTrial), seen("b2", "new")],
            step: .ended(.upgraded("2.0.0")),
            code: 0
        ),
        Row(
            description: "a second try in a third boot holds",
            observations: [
                seen("b2", "new", .onTrial), .silence, seen("b3", "new", .onTrial),
                seen("b3", "new"),
            ],
            step: .ended(.upgraded("2.0.0")),
            code: 0
        ),
        Row(
            description: "the old release answers from another boot",
            observations: [.silence, seen("b2", "old")],
            step: .ended(.rolledBack(wanted: "2.0.0", running: "1.0.0", reason: "")),
            code: 4
        ),
        Row(
            description: "the trial fails and the old release comes back",
            observations: [seen("b2", "new", .onTrial), .silence, seen("b3", "old")],
            step: .ended(.rolledBack(wanted: "2.0.0", running: "1.0.0", reason: "")),
            code: 4
        ),
        Row(
            description: "it runs as the last resort",
            observations: [seen("b2", "new", .lastResort)],
            step: .ended(.lastResort("2.0.0")),
            code: 1
        ),
        Row(
            description: "nothing was armed, so nothing restarts",
            observations: [seen("old", "old", stays: true)],
            step: .ended(.stayed("1.0.0")),
            code: 0
        ),
        Row(
            description: "the node does not know what it runs",
            observations: [seen("b2", "")],
            step: .again("the node does not know what it runs"),
            code: nil
        ),
        Row(
            description: "the time is over before it went",
            observations: [seen("old", "old", stays: false), .timeOver],
            step: .ended(.unknown("the node has not restarted")),
            code: 5
        ),
        Row(
            description: "the time is over while it is away",
            observations: [.silence, .timeOver],
            step: .ended(.unknown("the node went away and did not come back")),
            code: 5
        ),
        Row(
            description: "the time is over during the trial",
            observations: [seen("b2", "new", .onTrial), .timeOver],
            step: .ended(.unknown("2.0.0 runs, but is not trusted yet")),
            code: 5
        ),
        Row(
            description: "the time is over when it fell silent again",
            observations: [seen("b2", "new", .onTrial), .silence, .timeOver],
            step: .ended(.unknown("the node came back and fell silent")),
            code: 5
        ),
        Row(
            description: "any boot will do, and the old one answers",
            observations: [seen("old", "old")],
            step: .again("the node has not restarted yet"),
            code: nil,
            digest: ""
        ),
        Row(
            description: "any boot will do, and another one answers",
            observations: [.silence, seen("b2", "old", .onTrial)],
            step: .ended(.rebooted("1.0.0")),
            code: 0,
            digest: ""
        ),
    ]

    @Test("what was seen decides the next step and the exit code", arguments: rows)
    func table(row: Row) {
        var waiting = Waiting(Waiting.Goal(bootID: "old", digest: row.digest, version: "2.0.0"))
        var step = Waiting.Step.again("")
        for observation in row.observations {
            if case .ended = step { Issue.record("it ended before \(observation)") }
            step = waiting.see(observation)
        }
        #expect(step == row.step)
        guard case .ended(let ending) = step else {
            #expect(row.code == nil)
            return
        }
        let code = ending.isGood ? 0 : CommandError.waited(ending).kind.rawValue
        #expect(code == row.code)
        #expect(ending.sentence.hasSuffix("."))
    }

    @Test("a rollback is told with the reason from the history")
    func reason() {
        let ending = Waiting.Ending.rolledBack(wanted: "2", running: "1", reason: "unhealthy")
        #expect(ending.sentence.hasPrefix("2 did not hold (unhealthy): the node went back to 1"))
    }
}
