import Foundation
import Testing
import Trust

@testable import ImageTool

@Suite("The program")
struct ProgramTests {
    /// Beside the program that runs the tests.
    static let program = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("keel-image").path

    static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: program) }

    @Test("a key is made, a release packed, signed, verified and compared", .enabled(if: isBuilt))
    func whole() throws {
        let bench = try Workbench()
        let steps = [
            "keygen --output one", "keygen --output two",
            "pack --squashfs root --version 1.0.0 --key one.key --key two.key --output a.keel",
            "pack --squashfs root --version 1.1.0 --key one.key --output b.keel",
            "sign b.keel --key two.key", "inspect b.keel", "inspect b.keel --json",
            "diff a.keel b.keel", "diff --json a.keel b.keel",
        ]
        for step in steps {
            let done = try bench.run("sh", "-c", "\(Self.program) \(step)")
            #expect(done.status == 0, "\(step): \(done.text)")
        }
        try bench.trust([PrivateKey.read(bench.path("two.key"))])
        let verified = try bench.run(Self.program, "verify", "b.keel", "--trust", "trust")
        #expect(verified.status == 0)
        #expect(verified.text.contains("b.keel is whole and trusted by trust."))
    }

    @Test(
        "a refusal ends with 2, a failure with 1, wrong usage with 64; each says what is true now",
        .enabled(if: isBuilt),
        arguments: [
            ("pack --squashfs root --version x --key k.key --output o", 2, "No file was written."),
            (
                "pack --squashfs no --version 1.0.0 --key k.key --output o", 1,
                "No file was written."
            ),
            ("pack --squashfs k.key --version 1.0.0 --key k.key --output o", 2, "begins with hsqs"),
            ("pack --squashfs root --version 1.0.0 --key trust/policy.json --output o", 2, "PEM"),
            ("pack --squashfs root --version 1.0.0 --key root --output o", 2, "found more"),
            ("keygen --output k", 2, "No key was written."),
            ("verify root --trust trust", 2, "Nothing was changed."),
            ("verify no --trust trust", 1, "No such file or directory (ENOENT)"),
            ("inspect root", 2, "is refused as a bundle"),
            ("sign root --key k.key", 2, "The bundle is as it was."),
            ("pack", 64, "Missing expected argument"),
            ("sign out.keel", 64, "either --key or --signature"),
            ("nonsense", 64, "Usage:"),
        ]
    )
    func exitCodes(command: String, status: Int32, text: String) throws {
        let bench = try Workbench()
        try bench.run(Self.program, "keygen", "--output", "k")
        let before = try bench.names()
        let done = try bench.run("sh", "-c", "\(Self.program) \(command)")
        #expect(done.status == status, "\(done.text)")
        #expect(done.text.contains(text), "\(done.text)")
        #expect(try bench.names() == before)
    }

    @Test(
        "a refusal is said on standard error, and standard output stays empty",
        .enabled(if: isBuilt)
    )
    func standardError() throws {
        let bench = try Workbench()
        let done = try bench.run("sh", "-c", "\(Self.program) inspect root 2> said; cat said >&2")
        #expect(done.text.hasPrefix("keel-image: "))
        let quiet = try bench.run("sh", "-c", "\(Self.program) inspect root 2> /dev/null")
        #expect(quiet.text.isEmpty)
        #expect(quiet.status == 2)
    }

    @Test("packing 100 MB takes less than 64 MiB of memory", .enabled(if: isBuilt))
    func memory() throws {
        let bench = try Workbench()
        try bench.write("root", Workbench.superblock(size: 100 << 20))
        try bench.run("truncate", "-s", "100M", "root")
        try bench.run(Self.program, "keygen", "--output", "k")
        let command = "pack --squashfs root --version 1.0.0 --key k.key --output o.keel"
        let script = """
            \(Self.program) \(command) & pid=$!; peak=0
            while kill -0 $pid 2> /dev/null; do
              now=$(sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/$pid/status 2> /dev/null)
              [ -n "$now" ] && peak=$now; sleep 0.05
            done
            wait $pid && echo peak $peak
            """
        let done = try bench.run("sh", "-c", script)
        let peak = done.text.split(separator: " ").last.flatMap { Int($0.dropLast()) }
        #expect(done.status == 0)
        #expect((1...65536).contains(peak ?? 0), "\(done.text)")
    }
}
