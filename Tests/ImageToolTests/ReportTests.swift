import Slots
import Testing
import Trust

@testable import ImageTool

@Suite("inspect and diff")
struct ReportTests {
    @Test("inspect's JSON holds the manifest's fields, the digest and the signers")
    func json() throws {
        let bench = try Workbench()
        let report = try bench.pack()
        let bundle = try BundleFile(bench.path("out.keel"))
        let text = try Inspect.text(bundle, json: true)
        let fields = try FlatJSON(parsing: Array(text.utf8)).members
        #expect(fields["version"] == .text("1.2.0"))
        #expect(fields["bundle.digest"] == .text(report.release.hex))
        #expect(fields["bundle.size"] == .number(report.size))
        #expect(fields["bundle.signers"] == .list([bench.key.publicKey.id.hex]))
        #expect(fields["bundle.validOwnSignatures"] == .number(1))
        #expect(fields["root.size"] == .number(64 * 4096))
    }

    @Test("inspect's text names the release, its digest and what was not checked")
    func text() throws {
        let bench = try Workbench()
        let report = try bench.pack { $0.kernel = "6.12.9" }
        let text = try Inspect.text(try BundleFile(bench.path("out.keel")), json: false)
        #expect(text.contains("keelos 1.2.0, epoch 1"))
        #expect(text.contains(report.release.hex))
        #expect(text.contains("6.12.9"))
        #expect(text.contains("1 valid of 1 needed"))
        #expect(text.hasSuffix("Trust was not checked: keel-image verify."))
    }

    @Test("the same image costs its head and nothing of its root")
    func same() throws {
        let bench = try Workbench()
        try bench.pack()
        let bundle = try BundleFile(bench.path("out.keel"))
        let cost = try Diff.cost(from: bundle, to: bundle)
        #expect(cost.missingBytes == 0)
        #expect(cost.missingRuns == 0)
        #expect(cost.rootBytes == 0)
        #expect(cost.requests == 1)
        #expect(cost.bytes == bundle.members.root.lowerBound)
    }

    @Test("another image costs all of its root in one request")
    func different() throws {
        let bench = try Workbench()
        try bench.pack("old.keel")
        try bench.write("root", Workbench.root(blocks: 64, seed: 2))
        try bench.pack("new.keel")
        let cost = try Diff.cost(
            from: BundleFile(bench.path("old.keel")),
            to: BundleFile(bench.path("new.keel"))
        )
        #expect(cost.missingBytes == cost.rootSize)
        #expect(cost.rootBytes == cost.rootSize)
        #expect(cost.requests == 2)
    }

    @Test("bytes inserted in the middle cost the chunks around them")
    func inserted() throws {
        let bench = try Workbench()
        let old = Workbench.root(blocks: 256)
        try bench.write("root", old)
        try bench.pack("old.keel")
        let place = 500_000
        var new = Array(old[..<place]) + noise(4096, seed: 7) + Array(old[place...])
        new.replaceSubrange(0..<96, with: Workbench.superblock(size: new.count))
        try bench.write("root", new)
        try bench.pack("new.keel")
        let cost = try Diff.cost(
            from: BundleFile(bench.path("old.keel")),
            to: BundleFile(bench.path("new.keel"))
        )
        #expect(cost.missingBytes < 5 * 64 * 1024)
        #expect(cost.requests <= 3)
        #expect((1...2).contains(cost.missingRuns))
        let fields = try FlatJSON(parsing: Array(Diff.encoded(cost).utf8)).members
        #expect(fields["bytes"] == .number(cost.bytes))
        #expect(fields["requests"] == .number(cost.requests))
    }
}
