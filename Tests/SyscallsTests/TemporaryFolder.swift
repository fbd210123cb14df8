import Syscalls

/// A folder of the test's own, gone with everything in it when the test ends.
final class TemporaryFolder {
    let path: String

    init() throws {
        path =
            "/tmp/keel-test-" + (try RandomSource.bytes(8)).map { String($0, radix: 16) }.joined()
        try Directory.create(path)
    }

    deinit {
        _ = try? Spawn.run(
            "/bin/rm",
            ["-r", "-f", path],
            outputLimit: 0,
            timeout: .seconds(60)
        )
    }

    func callAsFunction(_ name: String) -> String { path + "/" + name }
}
