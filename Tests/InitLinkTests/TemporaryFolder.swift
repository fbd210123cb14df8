import Syscalls

/// A folder of the test's own, gone with everything in it when the test ends.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let random = try RandomSource.bytes(8).map { String($0, radix: 16) }.joined()
        path = "/tmp/keel-test-" + random
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
