import ArgumentParser
import Slots
import Syscalls
import Trust

struct Keygen: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a new pair of signing keys",
        discussion: """
            Writes NAME.key, which signs and stays secret, and NAME.pub, which goes into trust \
            directories. Never overwrites either.

            Example: keel-image keygen --output keys/release
            """
    )

    @Option(help: ArgumentHelp("Begin both file names with this", valueName: "dir/name"))
    var output: String

    func run() throws {
        try report(unchanged: "No key was written.") { () throws(ToolError) in
            let key = try Self.make(output)
            return """
                Wrote \(output).key (secret, mode 0600) and \(output).pub.
                Key id: \(key.id)
                """
        }
    }

    /// Makes both files or none.
    static func make(_ name: String) throws(ToolError) -> PublicKey {
        let secret = name + ".key"
        let shown = name + ".pub"
        let key: PrivateKey
        let texts: (secret: [UInt8], shown: [UInt8])
        do throws(KeyError) {
            key = try PrivateKey.generate()
            texts = (try key.pem(), try key.publicKey.pem())
        } catch {
            throw .crypto(error)
        }
        try create(shown, texts.shown, permissions: 0o644)
        do throws(ToolError) {
            try create(secret, texts.secret, permissions: 0o600)
            try synchronize(folder(of: name))
        } catch {
            // The public half of a key that nobody has is of no use; its name is ours.
            do throws(Errno) { try File.remove(shown) } catch {
                throw .system("remove", shown, error)
            }
            throw error
        }
        return key.publicKey
    }

    private static func create(
        _ path: String,
        _ bytes: [UInt8],
        permissions: UInt32
    ) throws(ToolError) {
        do throws(Errno) {
            let file = try File.create(path, permissions: permissions)
            try file.writeNext(bytes.span)
            try file.synchronize()
        } catch {
            guard error != .exists else { throw .exists(path) }
            throw .system("create", path, error)
        }
    }

    private static func synchronize(_ folder: String) throws(ToolError) {
        do throws(Errno) { try Directory.synchronize(folder) } catch {
            throw .system("write", folder, error)
        }
    }
}
