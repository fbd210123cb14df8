import SlotsDisk
import Syscalls
import Testing

/// A folder of the test's own, gone with everything in it when the test ends.
final class TemporaryFolder {
    let path: String

    init() throws {
        path =
            "/tmp/keel-test-" + (try RandomSource.bytes(8)).map { String($0, radix: 16) }.joined()
        try Directory.create(path)
    }

    deinit { _ = try? run("rm", "-r", "-f", path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// A file of that many zeros that take no room.
    func image(_ name: String, size: Int) throws -> String {
        let file = try File.create(path + "/" + name, permissions: 0o600)
        try file.resize(to: size)
        return path + "/" + name
    }
}

/// Runs a tool and gives its output; a failure fails the test.
@discardableResult
func run(_ tool: String, _ arguments: String...) throws -> String {
    let outcome = try Spawn.run(
        "/usr/bin/env",
        [tool] + arguments,
        environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "MTOOLS_SKIP_CHECK=1"],
        error: .inherited,
        outputLimit: 1 << 20,
        timeout: .seconds(120)
    )
    let text = String(decoding: outcome.output, as: UTF8.self)
    guard outcome.end == .exited(code: 0) else {
        throw ToolFailure(tool: tool, arguments: arguments, end: outcome.end, output: text)
    }
    return text
}

struct ToolFailure: Error {
    let tool: String
    let arguments: [String]
    let end: Spawn.Outcome.End
    let output: String
}

/// A loop device on an image file, detached when the test ends.
///
/// The kernel forgets the partitions of a loop device with it only when it was asked to scan.
final class LoopDevice {
    let path: String

    init(on image: String, sectorSize: Int) throws {
        let output = try run(
            "losetup",
            "--find",
            "--show",
            "--partscan",
            "--direct-io=on",
            "--sector-size",
            "\(sectorSize)",
            image
        )
        path = String(output.dropLast())
    }

    deinit { _ = try? run("losetup", "--detach", path) }
}
