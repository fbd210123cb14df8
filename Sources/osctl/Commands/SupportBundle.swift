import API
import ArgumentParser
import Syscalls

struct SupportBundle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "support-bundle",
        abstract: "Fetch status, history and logs as one tar.gz",
        discussion: """
            There are no secrets in it. With several nodes each gets a file of its own, its name \
            before FILE's ending.

            EXAMPLE: osctl -n 10.0.0.7 support-bundle node.tar.gz
            """
    )

    /// A bundle is larger only when something is wrong.
    static let limit = 1 << 30

    @ParentCommand var options: Osctl

    @Argument(help: "File to write; it must not be there yet", completion: .file())
    var file: String

    func run() async throws {
        let file = file
        try await ask(
            options,
            "support-bundle",
            changes: false,
            { (session) throws(CommandError) in
                let path = session.isAlone ? file : Self.path(file, session.endpoint)
                return (path, try await Self.fetch(session, to: path))
            },
            json: { "{\"file\":\(quoted($0.0)),\"size\":\($0.1)}" },
            show: { .text("\($0.0) has \($0.1) bytes.") }
        )
    }

    /// `node.tar.gz` becomes `node-10.0.0.7_50051.tar.gz`.
    static func path(_ file: String, _ endpoint: Endpoint) -> String {
        for ending in [".tar.gz", ".tgz"] where file.hasSuffix(ending) {
            return file.dropLast(ending.count) + "-\(endpoint.fileName)\(ending)"
        }
        return "\(file)-\(endpoint.fileName)"
    }

    /// The file has its name only when it is whole.
    private static func fetch(
        _ session: NodeSession,
        to path: String
    ) async throws(CommandError) -> Int {
        let part = path + ".part"
        do throws(Errno) {
            if try exists(path) { throw .exists }
            if try exists(part) { try File.remove(part) }
            _ = try File.create(part, permissions: 0o600)
        } catch {
            throw .file("write", path, error)
        }
        let sink = FileSink(part, limit: limit)
        try await session.call { (client) throws(CallFailure) in
            try await client.supportBundle(.init(), timeout: .seconds(600)) {
                (piece) throws(CallFailure) in
                guard sink.take(Array(piece.data)) else { throw .cancelled }
            }
        } onFailure: {
            sink.error.map { .file("write", part, $0) }
        }
        do { try File.rename(part, to: path) } catch { throw .file("write", path, error) }
        return sink.count
    }

    private static func exists(_ path: String) throws(Errno) -> Bool {
        do throws(Errno) { _ = try Descriptor(opening: path, for: .reading, .nonBlocking) } catch {
            if error == .noEntry { return false }
            throw error
        }
        return true
    }
}

/// Puts pieces at the end of a file, up to a limit.
private final class FileSink {
    private(set) var count = 0
    private(set) var error: Errno?
    private let path: String
    private let limit: Int

    init(_ path: String, limit: Int) {
        self.path = path
        self.limit = limit
    }

    /// False when there is no room, here or on the disk.
    func take(_ piece: [UInt8]) -> Bool {
        count += piece.count
        guard count <= limit else {
            error = .tooLarge
            return false
        }
        do throws(Errno) {
            let file = try Descriptor(opening: path, for: .writing, .append)
            try file.writeNext(piece.span)
            try file.close()
        } catch {
            self.error = error
            return false
        }
        return true
    }
}
