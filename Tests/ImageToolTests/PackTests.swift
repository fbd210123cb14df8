import Slots
import Testing
import Trust

@testable import ImageTool

@Suite("pack")
struct PackTests {
    @Test("the same root, facts and key give the same bytes, and verify takes them")
    func reproducible() throws {
        let bench = try Workbench()
        let report = try bench.pack("one.keel")
        try bench.pack("two.keel")
        #expect(try bench.read("one.keel") == bench.read("two.keel"))
        let release = try bench.verify("one.keel")
        #expect(release.digest == report.release)
        #expect(release.manifest == report.manifest)
        #expect(try bench.names() == ["one.keel", "root", "trust", "two.keel"])
    }

    @Test("the bundle is as long as its members say, and not a byte longer")
    func size() throws {
        let bench = try Workbench()
        let report = try bench.pack()
        let bundle = try BundleFile(bench.path("out.keel"))
        let members = [
            bundle.members.manifest, bundle.members.signatures, bundle.members.index,
            bundle.members.root,
        ]
        let size = members.reduce(1024) { $0 + 512 + ($1.count + 511) / 512 * 512 }
        #expect(report.size == size)
        #expect(try bench.read("out.keel").count == size)
        #expect(Array(try bench.read("out.keel")[bundle.members.root]) == (try bench.read("root")))
    }

    @Test("every fact that is given stands in the manifest")
    func facts() throws {
        let bench = try Workbench()
        try bench.trust([bench.key], epoch: 3)
        let loader = try LoaderFile(Workbench.loader("# KEELOS LOADER CONTRACT 2 END"))
        let policy = try bench.policy()
        let manifest = try bench.pack { facts in
            facts.epoch = 4
            facts.created = Timestamp(seconds: 86_400)
            facts.expires = Timestamp(seconds: 864_000)
            facts.minimumVersion = Version("1.0.0")
            facts.chunkAverage = 4096
            facts.state = Manifest.StateSchema(reads: 2...3, writes: 3)
            facts.loader = loader
            facts.kernel = "6.12.9"
            facts.kubelet = "1.34.1"
            facts.sbom = loader.sha256
            facts.notes = "https://example.org/notes"
            facts.trust = policy
        }.manifest
        #expect(manifest.epoch == 4)
        #expect(manifest.created.description == "1970-01-02T00:00:00Z")
        #expect(manifest.expires == Timestamp(seconds: 864_000))
        #expect(manifest.minimumVersion == Version("1.0.0"))
        #expect(manifest.chunks.minimum == 1024)
        #expect(manifest.chunks.average == 4096)
        #expect(manifest.chunks.maximum == 16384)
        #expect(manifest.state == Manifest.StateSchema(reads: 2...3, writes: 3))
        #expect(manifest.loaderContract == 2)
        #expect(manifest.loaderDigest == loader.sha256)
        #expect(manifest.kernel == "6.12.9")
        #expect(manifest.kubelet == "1.34.1")
        #expect(manifest.sbom == loader.sha256)
        #expect(manifest.notes == "https://example.org/notes")
        #expect(manifest.keys == [bench.key.publicKey.der])
    }

    @Test("without options the image trusts its signers, and is as old as its superblock says")
    func defaults() throws {
        let bench = try Workbench()
        let other = try PrivateKey.generate()
        var root = Workbench.root(blocks: 4)
        root[8] = 60
        try bench.write("root", root)
        let manifest = try bench.pack(keys: [bench.key, other]).manifest
        #expect(manifest.keys == [bench.key.publicKey.der, other.publicKey.der])
        #expect(manifest.threshold == 1)
        #expect(manifest.created == Timestamp(seconds: 60))
        #expect(manifest.loaderContract == 1)
        let salted = Array("keelos salt".utf8) + manifest.root.sha256.bytes
        #expect(manifest.root.salt == OpenSSLHashing().sha256(salted.span))
    }

    @Test("the signatures that are still missing are counted")
    func missing() throws {
        let bench = try Workbench()
        let other = try PrivateKey.generate()
        try bench.trust([bench.key, other], threshold: 2)
        let policy = try bench.policy()
        let report = try bench.pack { $0.trust = policy }
        #expect(report.ownSignatures == 1)
        #expect(report.manifest.threshold == 2)
    }

    @Test("a root that is refused leaves no file, and an older bundle as it was")
    func refusedRoot() throws {
        let bench = try Workbench()
        try bench.pack()
        let before = try bench.read("out.keel")
        try bench.write("root", Array(Workbench.root(blocks: 4).dropLast()))
        #expect(throws: ToolError.squashFS(bench.path("root"), .size(16383))) { try bench.pack() }
        #expect(try bench.read("out.keel") == before)
        #expect(try bench.names() == ["out.keel", "root", "trust"])
    }

    @Test("facts that no node would read are refused before anything is written")
    func refusedFacts() throws {
        let bench = try Workbench()
        #expect(throws: ToolError.manifest("manifest.json", .unknownFeature("x"))) {
            try bench.pack { $0.requires = ["x"] }
        }
        #expect(throws: ToolError.manifest("manifest.json", .invalid(field: "board"))) {
            try bench.pack { $0.board = "a b" }
        }
        #expect(!bench.exists("out.keel"))
    }

    @Test(
        "an option's bad value is refused by the option's name",
        arguments: [
            ("--version", "1.2"), ("--epoch", "4294967296"), ("--board", "a b"),
            ("--minimum-version", "x"), ("--expires", "tomorrow"), ("--requires", "magic"),
            ("--state-reads", "2-1"), ("--state-reads", "1"), ("--state-writes", "2"),
            ("--created", "2026-11-21"), ("--chunk-average", "5K"), ("--kernel", "6 1"),
            ("--kubelet", ""), ("--sbom", "abc"), ("--notes", "two words"),
        ]
    )
    func refusedOption(name: String, value: String) throws {
        let bench = try Workbench()
        let fixed = ["--squashfs", "r", "--key", "k", "--output", "o"]
        let version = name == "--version" ? [] : ["--version", "1.0.0"]
        let pack = try Pack.parse(fixed + version + [name, value])
        let error = #expect(throws: ToolError.self) { try pack.facts() }
        guard case .option(let found, _, _) = error else {
            Issue.record("another error: \(String(describing: error))")
            return
        }
        #expect(found == name || (name == "--state-writes" && found == "--state-reads"))
        #expect(try bench.names() == ["root", "trust"])
    }

    @Test("a board or an epoch that the image's own policy would refuse is refused")
    func ownPolicy() throws {
        let bench = try Workbench()
        try bench.trust([bench.key], epoch: 5)
        let fixed = [
            "--squashfs", "r", "--key", "k", "--output", "o", "--version", "1.0.0", "--trust",
            bench.path("trust"),
        ]
        #expect(throws: ToolError.option("--epoch", found: "4", expected: "5 or more")) {
            try Pack.parse(fixed + ["--epoch", "4"]).facts()
        }
        #expect(
            throws: ToolError.option(
                "--board",
                found: "arm64",
                expected: "x86_64-uefi, as in --trust"
            )
        ) {
            try Pack.parse(fixed + ["--board", "arm64"]).facts()
        }
        let facts = try Pack.parse(fixed).facts()
        #expect(facts.epoch == 5)
        #expect(facts.board == "x86_64-uefi")
    }
}
