import Syscalls

/// A folder of the test's own, gone with everything in it when this value goes away.
public final class TemporaryFolder {
    public let path: String

    public init() throws {
        path =
            "/tmp/keel-test-" + (try RandomSource.bytes(8)).map { String($0, radix: 16) }.joined()
        try Directory.create(path)
    }

    deinit { _ = try? run("rm", "-r", "-f", path) }

    public func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// A file of that many zeros that take no room.
    public func image(_ name: String, size: Int) throws -> String {
        let file = try File.create(path + "/" + name, permissions: 0o600)
        try file.resize(to: size)
        return path + "/" + name
    }
}
