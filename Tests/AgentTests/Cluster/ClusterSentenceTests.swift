import SlotsFetch
import Syscalls
import Testing
import Trust

@testable import Agent

@Suite("Sentences about the cluster")
struct ClusterSentenceTests {
    private static let server = ClusterTexts.server
    private static let pod = PodName(namespace: "shop", name: "web-1")
    private static let acts: [ClusterAct] = [
        .readNode, .changeNode, .listPods, .evict(pod), .writeEvent,
    ]

    private static var all: [ClusterError] {
        let path = "/var/lib/kubelet/pki/kubelet-client-current.pem"
        let distrusts: [PageFailure.Distrust] = [
            .notYetValid, .expired, .unknownAuthority, .wrongName, .other,
        ]
        let errors: [ClusterError] = [
            .notJoined, .membership(.damaged(folder: "kubernetes/a")), .membership(.noHash),
            .noCertificate(path: path), .file(path: path, .inputOutput),
            .certificate(path: path, .notPEM), .otherKey(path: path), .unusable(reason: "why"),
            .unreachable(server, reason: "why"), .silent(server, after: .seconds(10)),
            .broken(server, reason: "why"), .noTLS(server, reason: "why"),
        ]
        let answers = acts.flatMap { act -> [ClusterError] in
            [
                .malformed(server, act), .refused(server, act, status: 403, message: ""),
                .refused(server, act, status: 403, message: "why"),
                .answered(server, act, status: 500, message: ""),
                .answered(server, act, status: 500, message: "why"),
            ]
        }
        return errors + answers + distrusts.map { .untrusted(server, $0, reason: "why") }
    }

    @Test("each one is whole, and says something of its own")
    func errors() {
        var seen: Set<String> = []
        for error in Self.all {
            #expect(Sentences.faults(in: error.sentence) == [], "\(error.sentence)")
            #expect(seen.insert(error.sentence).inserted, "\(error.sentence)")
        }
    }

    @Test("each end of a drain is told in whole sentences")
    func ends() {
        let pods = [ClusterTexts.pod("web-1"), ClusterTexts.pod("web-2")]
        let errors = Self.all
        for error in errors {
            for force in [false, true] {
                // At each point where the cluster can fail, and at the end of the time.
                for steps in 0..<6 {
                    var drain = Drain(
                        operation: "op-1",
                        limit: .seconds(60),
                        force: force,
                        now: .zero
                    )
                    let findings: [Drain.Finding] = [
                        .node(ClusterNode(name: "n", version: "1")), .patched, .pods(pods),
                        .eviction(pods[0], .budget("why")), .evictionFailed(pods[1], error),
                    ]
                    for finding in findings.prefix(steps) { drain.learn(finding, now: .zero) }
                    if steps < 5 { drain.learn(.failed(error), now: .zero) }
                    guard case .end(let end) = drain.next(now: .seconds(60)) else {
                        Issue.record("the time is over")
                        continue
                    }
                    for cordon in [
                        DrainOutcome.Cordon.none, .kept, .removed, .stuck(error),
                    ] {
                        let outcome = DrainOutcome(end: end, cordon: cordon)
                        #expect(
                            Sentences.faults(in: outcome.sentence) == [],
                            "\(outcome.sentence)"
                        )
                    }
                }
            }
        }
    }

    @Test("a wait on the machine's own time ends when its task is cancelled")
    func machineTime() async {
        let time = MachineTime()
        let before = time.now
        let task = Task { await time.wait(.seconds(3600)) }
        task.cancel()
        await task.value
        #expect(time.now >= before)
    }
}
