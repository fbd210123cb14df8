import Slots
import SlotsDisk
import SlotsLayout
import Testing
import Trust

@testable import ImageTool

/// One node's own disk.
@Suite("disk, given")
struct GivenTests {
    private static let machineID = "0123456789abcdef0123456789ABCDEF"
    private static let config = """
        version: 1
        hostname: node-7
        trial:
          deadline: 120
        """
    private let key = CertificateKey()

    private func certificate(_ key: CertificateKey) -> [UInt8] {
        key.selfSigned(
            commonName: "keel-7",
            organisations: [],
            names: ["node-7"],
            isAuthority: false,
            from: Timestamp(seconds: 0),
            days: 30
        ).pem
    }

    /// A bench with a packed release, a boot loader and an identity.
    private func bench() throws -> Workbench {
        let bench = try DiskTests().bench()
        try bench.run("mkdir", "identity")
        try bench.write("identity/machine-id", Array("\(Self.machineID)\n".utf8))
        try bench.write("identity/agent.key", key.pem)
        try bench.write("identity/agent.crt", certificate(key))
        try bench.write("identity/join-secret", Array("sesame\n".utf8))
        try bench.write("node.yaml", Array(Self.config.utf8))
        return bench
    }

    private func making(_ bench: Workbench, _ given: GivenFiles?) throws -> DiskMaking {
        DiskMaking(
            image: bench.path("out.keel"),
            policy: try bench.policy(),
            slotSize: 8 << 20,
            given: given,
            search: LoaderSearch(asked: nil, programFolder: bench.folder.path)
        )
    }

    private func make(_ bench: Workbench, _ output: String, _ given: GivenFiles?) throws {
        let command = try MakeDisk.parse([
            "--image", bench.path("out.keel"), "--trust", bench.path("trust"), "--output",
            bench.path(output), "--size", "160M",
        ])
        let making = try making(bench, given)
        try command.writeFile(making.plan(now: Timestamp(seconds: 0)), making)
    }

    @Test("identity and configuration lie behind slot b, in a file for its owner alone")
    func given() throws {
        let bench = try bench()
        let given = try #require(
            try Giving.read(identity: bench.path("identity"), config: bench.path("node.yaml"))
        )
        #expect(Set(given.files.keys) == GivenFiles.names)
        try make(bench, "one.img", given)
        try make(bench, "two.img", given)
        #expect(try bench.run("cmp", "one.img", "two.img").status == 0)
        #expect(try bench.run("stat", "-c", "%a", "one.img").text == "600\n")
        let disk = try Disk(opening: bench.path("one.img"), for: .reading)
        let layout = try Layout.find(on: disk, acceptingBackup: false)
        let partition = try #require(layout.given)
        #expect(GivenFiles.find(in: try disk.bytes(partition.range)) == .files(given))
        let kept = try #require(given.files["config/current.json"])
        #expect(kept.contains(#""generation": 1"#) && kept.contains("node-7"), "\(kept)")
        #expect(try bench.run("sfdisk", "--verify", "one.img").status == 0)
    }

    @Test("each part may be given alone, and nothing secret is for everybody to read")
    func parts() throws {
        let bench = try bench()
        #expect(try Giving.read(identity: nil, config: nil) == nil)
        let config = try Giving.read(identity: nil, config: bench.path("node.yaml"))
        #expect(config.map { Array($0.files.keys) } == ["config/current.json"])
        try make(bench, "config.img", config)
        #expect(try bench.run("stat", "-c", "%a", "config.img").text == "644\n")
        try make(bench, "none.img", nil)
        let disk = try Disk(opening: bench.path("none.img"), for: .reading)
        #expect(try Layout.find(on: disk, acceptingBackup: false).given == nil)
    }

    @Test("what the node could not use is refused, file by file")
    func refused() throws {
        let secret = String(repeating: "x", count: 4097)
        let other = CertificateKey()
        let rows: [(name: String, bytes: [UInt8], fault: GivenFault)] = [
            ("machine-id", Array("0123".utf8), .notAMachineID),
            ("machine-id", Array("\(Self.machineID)\n\n".utf8), .notAMachineID),
            ("machine-id", [0xFF, 0xFE], .notText),
            ("join-secret", Array(" \n".utf8), .notASecret(size: 2)),
            ("join-secret", Array(secret.utf8), .notASecret(size: 4097)),
            ("agent.key", Array("no key".utf8), .key(.key(.notPEM))),
            ("agent.crt", Array("no PEM".utf8), .certificate(.notPEM)),
            ("agent.crt", certificate(other), .notOfTheKey(hasKey: true)),
            ("agent.kye", [], .notOfAnIdentity),
        ]
        for row in rows {
            let bench = try bench()
            let path = bench.path("identity/\(row.name)")
            try bench.write("identity/\(row.name)", row.bytes)
            #expect(throws: ToolError.given(path, row.fault)) {
                try Giving.read(identity: bench.path("identity"), config: nil)
            }
        }
        let bench = try bench()
        try bench.run("rm", "identity/agent.key")
        let path = bench.path("identity/agent.crt")
        #expect(throws: ToolError.given(path, .notOfTheKey(hasKey: false))) {
            try Giving.read(identity: bench.path("identity"), config: nil)
        }
        try bench.run("mkdir", "empty")
        #expect(throws: ToolError.given(bench.path("empty"), .empty)) {
            try Giving.read(identity: bench.path("empty"), config: nil)
        }
        let none = bench.path("none")
        #expect(throws: ToolError.system("read", none, .noEntry)) {
            try Giving.read(identity: none, config: nil)
        }
    }

    @Test("a configuration that the node would refuse is refused here, by line or by field")
    func configuration() throws {
        let bench = try bench()
        let probe = "version: 1\nhealth:\n  probes:\n  - {name: disk, url: \"http://127.0.0.1:1/\"}"
        let rows = [
            ("version: 1\nhostnam: x", "line 2: there is no field \"hostnam\""),
            ("version: 1\nhostname: [", "line"), ("- version", "expected fields"),
            ("version: 2", "version must be 1"), ("version: x", "takes a number"),
            (probe, "has the name disk"),
        ]
        for (text, words) in rows {
            try bench.write("node.yaml", Array(text.utf8))
            do {
                _ = try Giving.read(identity: nil, config: bench.path("node.yaml"))
                Issue.record("\(text) is taken")
            } catch {
                #expect(error.sentence.contains(words), "\(error.sentence)")
                #expect(error.isRefusal)
            }
        }
    }

    @Test("more than there is room for is refused before anything is written")
    func tooMuch() throws {
        let bench = try bench()
        let text = String(repeating: "x", count: GivenFiles.size)
        let making = try making(bench, GivenFiles(["config/current.json": text]))
        let error = ToolError.given(
            "--identity and --config",
            .tooMuch(limit: GivenFiles.size)
        )
        #expect(throws: error) { try making.plan(now: Timestamp(seconds: 0)) }
    }
}
