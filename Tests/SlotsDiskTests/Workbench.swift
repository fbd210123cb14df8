import SlotsDisk
import Syscalls
import Testing
import Trust

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

/// A file system on a device, mounted for as long as the test lasts.
final class MountedFileSystem {
    let path: String

    init(at path: String, of loop: LoopDevice) throws {
        self.path = path
        try Directory.create(path)
        try run("mkfs.ext4", "-q", loop.path)
        try run("mount", loop.path, path)
    }

    /// Lazy, because what stands on it may go away a moment later.
    deinit { _ = try? run("umount", "--lazy", path) }
}

/// A file system in memory that holds no more than `size`.
final class SmallFileSystem {
    let path: String

    init(at path: String, size: Int) throws {
        self.path = path
        try Directory.create(path)
        try run("mount", "-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path)
    }

    deinit { _ = try? run("umount", "--lazy", path) }
}

/// Whether two runs of bytes are the same: by their digests, because comparing megabytes one by
/// one takes long in a debug build.
func isSame(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
    let hashing = OpenSSLHashing()
    return one.count == other.count
        && hashing.sha256(one.span) == hashing.sha256(other.span)
}

/// Random numbers that are the same for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// Bytes are cut out of it: making them one by one takes long in a debug build.
    private var pool: [UInt8] = []

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        while pool.count < 1 << 16 {
            let number = next()
            for shift in stride(from: 0, to: 64, by: 8) {
                pool.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
            }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let start = Int(next() % UInt64(pool.count / 2))
            bytes += pool[start..<min(pool.count, start + count - bytes.count)]
        }
        return bytes
    }
}
