import Syscalls
import Testing

@Suite struct SpawnTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func shell(
        _ script: String,
        limit: Int = 1000,
        timeout: Duration = .seconds(30)
    ) throws -> Spawn.Outcome {
        try Spawn.run("/bin/sh", ["-c", script], outputLimit: limit, timeout: timeout)
    }

    @Test("output and exit code of a program come back")
    func output() throws {
        let outcome = try shell("printf hello; exit 3")
        #expect(outcome.end == .exited(code: 3))
        #expect(outcome.output == Array("hello".utf8))
        #expect(!outcome.isCut)
    }

    @Test("output beyond the limit is dropped, and the program still ends")
    func cut() throws {
        let outcome = try shell("head -c 300000 /dev/zero; printf end >&2", limit: 10)
        #expect(outcome.end == .exited(code: 0))
        #expect(outcome.output == [UInt8](repeating: 0, count: 10))
        #expect(outcome.isCut)
    }

    @Test("a signal is told from an exit")
    func signal() throws {
        #expect(try shell("kill -9 $$").end == .killed(signal: 9))
    }

    @Test("a program that runs too long is killed, whether it writes or not")
    func timeout() throws {
        let start = MonotonicTime.now
        #expect(try shell("exec sleep 60", timeout: .milliseconds(100)).end == .timedOut)
        let closed = "exec >&-; exec sleep 60"
        #expect(try shell(closed, timeout: .milliseconds(100)).end == .timedOut)
        let end = try Spawn.run(
            "/bin/sleep",
            ["60"],
            output: .none,
            timeout: .milliseconds(100)
        )
        #expect(end == .timedOut)
        #expect(MonotonicTime.now - start < .seconds(30))
    }

    @Test("a program that is not there cannot be started")
    func missing() {
        #expect(throws: Errno.noEntry) {
            _ = try Spawn.run(folder("x"), [], outputLimit: 0, timeout: .seconds(1))
        }
    }

    @Test("an argument with a NUL is refused")
    func nul() {
        #expect(throws: Errno.invalid) { _ = try shell("echo a\0b") }
    }

    @Test("streams are connected to the descriptors given")
    func streams() throws {
        try File.append(Array("text".utf8).span, to: folder("in"))
        let input = try Descriptor(opening: folder("in"), for: .reading)
        let output = try File.create(folder("out"), permissions: 0o600)
        let end = try Spawn.run(
            "/bin/cat",
            [],
            input: .descriptor(input.number),
            output: .descriptor(output.number),
            timeout: .seconds(30)
        )
        #expect(end == .exited(code: 0))
        #expect(try File.read(folder("out"), limit: 10) == Array("text".utf8))
    }

    @Test("no descriptor of ours reaches the program, and its environment is only what we gave")
    func clean() throws {
        let held = try File.create(folder("held"), permissions: 0o600)
        let outcome = try Spawn.run(
            "/bin/sh",
            ["-c", "for f in /proc/self/fd/*; do readlink $f; done; echo HOME=$HOME"],
            outputLimit: 10_000,
            timeout: .seconds(30)
        )
        let text = String(decoding: outcome.output, as: UTF8.self)
        #expect(!text.contains(folder.path))
        #expect(text.contains("HOME=\n"))
        #expect(try held.status().size == 0)
    }
}
