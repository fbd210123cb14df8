import Slots
import Testing

@testable import Agent

@Suite("What the cluster says of this boot")
struct JudgeTests {
    /// A Node object: its boot id, its Ready condition, and what is said of it.
    static let rows: [(String, Agent.ClusterNode.Ready?, Bool, String)] = [
        ("now", ready("True"), true, "is Ready."),
        ("before", ready("True"), false, "has not heard of node-7 since it was started"),
        ("", ready("True"), false, "has not heard of node-7 since it was started"),
        ("now", nil, false, "does not say whether node-7 is Ready"),
        ("now", ready("False"), false, "not Ready (KubeletNotReady: no network)"),
        ("now", ready("Unknown"), false, "not Ready"),
    ]

    @Test("only Ready of this boot is Ready", arguments: rows.indices)
    func judged(row: Int) {
        let (bootID, ready, passes, words) = Self.rows[row]
        let node = Agent.ClusterNode(name: "node-7", version: "1", bootID: bootID, ready: ready)
        let found = AgentService.judge(node, bootID: "now")
        #expect(found.passed == passes)
        #expect(found.sentence.contains(words), "\(found.sentence)")
    }

    @Test("what was told is bound to the membership in which it was told")
    func told() throws {
        let folder = try TemporaryFolder()
        let mark = ToldMark(state: folder.state)
        let (here, there) = (digest(1), digest(2))
        #expect(mark.read(here) == nil)
        try mark.keep("", here)
        #expect(mark.read(here) == "" && mark.read(there) == nil)
        try mark.keep("2026 boot confirm a 00", here)
        #expect(mark.read(here) == "2026 boot confirm a 00")
        try mark.keep("x", there)
        #expect(mark.read(here) == nil && mark.read(there) == "x")
    }

    @Test("a pod that cannot be made is told, and not tried again at once")
    func sandbox() async throws {
        let folder = try TemporaryFolder()
        let probe = SandboxProbe(socket: folder("none.sock"), bootID: "boot")
        let found = await probe.finding()
        #expect(!found.passed && found.sentence.contains("cannot be reached"))
        #expect(await probe.finding() == found)
    }

    private static func ready(_ status: String) -> Agent.ClusterNode.Ready {
        Agent.ClusterNode.Ready(
            status: status,
            reason: "KubeletNotReady",
            message: "no network",
            heartbeat: nil
        )
    }

    private func digest(_ byte: UInt8) -> Digest {
        Digest(Array(repeating: byte, count: 32).span)
    }
}
