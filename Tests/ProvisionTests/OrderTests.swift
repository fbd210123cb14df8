import Support
import Syscalls
import Testing

@testable import Provision

@Suite("What keel-provision is started with")
struct OrderTests {
    @Test("a disk is enough, and each value goes where its name says")
    func values() throws {
        let short = try Order(["--disk", "/dev/vda"])
        #expect(short.disk == "/dev/vda" && short.partition == nil)
        #expect(short.runFolder == "/run/keel")
        let whole = try Order(["--run", "/r", "--partuuid", "7a3f", "--disk", "--odd"])
        #expect(whole.disk == "--odd" && whole.partition == "7a3f" && whole.runFolder == "/r")
    }

    @Test(
        "whatever else there is, is refused with usage and 64, and no disk is opened",
        arguments: [
            ([], "--disk is missing"),
            (["--run", "/r"], "--disk is missing"),
            (["--disk"], "--disk wants a value"),
            (["--disk", ""], "--disk wants a value"),
            (["--disk", "/a", "--disk", "/b"], "--disk is there twice"),
            (["--disk", "/a", "--help"], "'--help' is not understood"),
            (["/dev/vda"], "'/dev/vda' is not understood"),
        ]
    )
    func refused(_ arguments: [String], _ sentence: String) throws {
        let folder = try TemporaryFolder()
        let errors = try File.create(folder("errors"), permissions: 0o600)
        let outcome = try Spawn.run(
            Bench.program,
            arguments,
            error: .descriptor(errors.number),
            outputLimit: 4096,
            timeout: .seconds(20)
        )
        #expect(outcome.end == .exited(code: 64) && outcome.output.isEmpty)
        let said = String(decoding: try File.read(folder("errors"), limit: 4096), as: UTF8.self)
        #expect(said == "keel-provision: \(sentence)\n\(Order.usage)\n")
    }

    @Test("a disk that is not there is answered with a line and 1")
    func noDisk() throws {
        let outcome = try Spawn.run(
            Bench.program,
            ["--disk", "/no/disk"],
            outputLimit: 4096,
            timeout: .seconds(20)
        )
        #expect(outcome.end == .exited(code: 1))
        let said = String(decoding: outcome.output, as: UTF8.self)
        #expect(said.hasPrefix("{") && said.contains("\"absent\"") && said.hasSuffix("}\n"))
    }
}
