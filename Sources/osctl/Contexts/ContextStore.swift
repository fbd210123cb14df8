import Syscalls
import Trust

/// The file with the contexts: read whole, written atomically, for its owner alone.
struct ContextStore: Sendable {
    let path: String

    init(_ home: Home) throws(CommandError) {
        do { path = try home.configuration() + "/config.yaml" } catch { throw .setup(error) }
    }

    /// An empty file when there is none.
    func read() throws(CommandError) -> ContextFile {
        let bytes: [UInt8]
        do { bytes = try File.read(path, limit: YAMLNode.limits.size) } catch .noEntry {
            return ContextFile()
        } catch {
            throw .file("read", path, error)
        }
        do { return try ContextFile(parsing: bytes) } catch {
            throw .setup(.document(path: path, error))
        }
    }

    func write(_ file: ContextFile) throws(CommandError) {
        do {
            try Directory.createAll(String(path.prefix(path.count - "/config.yaml".count)))
            try File.writeAtomically(file.encoded().span, to: path, permissions: 0o600)
        } catch {
            throw .file("write", path, error)
        }
    }
}
