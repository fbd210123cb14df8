import Foundation
import Slots
import Testing
import Trust

@testable import osctl

@Suite("Times, and what is remembered of a node")
struct SmallTests {
    @Test(
        "stretches of time are read as people type them",
        arguments: [("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86_400)]
    )
    func stretches(text: String, seconds: Int) {
        #expect(Stretch(argument: text)?.seconds == seconds)
    }

    @Test(
        "what is no stretch is refused",
        arguments: ["", "s", "0", "-1", "1w", "1.5h", "400d", "١"]
    )
    func noStretch(text: String) {
        #expect(Stretch(argument: text) == nil)
    }

    @Test("a moment is a time, or a stretch from now either way")
    func moments() {
        let now = Timestamp(seconds: 1000)
        #expect(Instant(argument: "1m")?.after(now) == 1060)
        #expect(Instant(argument: "1m")?.before(now) == 940)
        #expect(Instant(argument: "1970-01-01T00:00:07Z")?.before(now) == 7)
        #expect(Instant(argument: "yesterday") == nil)
        #expect(Timestamp.text(0) == "-")
        #expect(Timestamp.text(.max) == "-")
    }

    @Test(
        "a length is told by its two largest units",
        arguments: [(0, "0s"), (59, "59s"), (61, "1m 1s"), (7200, "2h 0m"), (93_784, "1d 2h")]
    )
    func lengths(seconds: Double, text: String) {
        #expect(lengthText(seconds) == text)
        #expect(lengthText(.nan) == "-")
    }

    private func head(_ count: Int, _ byte: UInt8) -> AuditChain.Head {
        AuditChain.Head(count: count, hash: Digest([UInt8](repeating: byte, count: 32).span))
    }

    @Test("a log that was shortened or written anew is noticed, one that grew is not")
    func audit() {
        var node = KnownNode()
        #expect(node.note(head(5, 1), machine: "m") == nil)
        #expect(node.note(head(5, 1), machine: "m") == nil)
        #expect(node.note(head(9, 2), machine: "m") == nil)
        #expect(node.note(head(7, 3), machine: "m") == .shortened(found: 7, remembered: 9))
        #expect(node.note(head(9, 4), machine: "m") == .rewritten(line: 8))
        #expect(node.heads == [head(5, 1), head(9, 2)])
    }

    @Test("another machine at the same address has another log")
    func otherMachine() {
        var node = KnownNode()
        _ = node.note(head(50, 1), machine: "m1")
        #expect(node.note(head(2, 2), machine: "m2") == nil)
        #expect(node.heads == [head(2, 2)])
    }

    @Test("a few ends are remembered, the first one for the longest")
    func bounded() {
        var node = KnownNode()
        for count in 1...100 { #expect(node.note(head(count, 1), machine: "m") == nil) }
        #expect(node.heads.count == KnownNode.headLimit)
        #expect(node.heads.first?.count == 1)
        #expect(node.heads.last?.count == 100)
    }

    @Test("what is remembered is read back, what is damaged is forgotten")
    func stored() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("osctl-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let nodes = try KnownNodes(Home(["XDG_STATE_HOME": folder]))
        let endpoint = try Endpoint("[::1]:7")
        #expect(nodes[endpoint] == KnownNode())
        var node = KnownNode()
        node.fingerprint = head(1, 9).hash
        _ = node.note(head(5, 1), machine: "m")
        try nodes.remember(node, endpoint)
        #expect(nodes[endpoint] == node)
        let path = folder + "/osctl/nodes/--1_7"
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        #expect((facts[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        try "{".write(toFile: path, atomically: false, encoding: .utf8)
        #expect(nodes[endpoint] == KnownNode())
    }

    @Test("each of several nodes gets a support bundle of its own name")
    func bundles() throws {
        let node = try Endpoint("10.0.0.7")
        #expect(SupportBundle.path("a/b.tar.gz", node) == "a/b-10.0.0.7_50051.tar.gz")
        #expect(SupportBundle.path("b", node) == "b-10.0.0.7_50051")
    }
}
