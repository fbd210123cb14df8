import API
import Syscalls
import Trust

/// Who asks: a client certificate and its key, from wherever they were named.
enum Credentials {
    /// What was typed goes before the context; `nil` when nobody named any.
    static func read(
        _ options: NodeOptions,
        _ context: Context?,
        _ home: Home
    ) throws(CommandError) -> ClientCredentials? {
        if (options.cert == nil) != (options.key == nil) { throw .setup(.certificateAndKey) }
        if let cert = options.cert, let key = options.key {
            return ClientCredentials(
                certificate: try PEMFile.read(cert, home: home, what: "--cert"),
                key: try PEMFile.read(key, home: home, what: "--key")
            )
        }
        if let path = options.kubeconfig { return try kubeconfig(home.path(path)) }
        guard let context else { return nil }
        if let cert = context.certificate, let key = context.key {
            return ClientCredentials(
                certificate: try PEMFile.read(cert, home: home, what: "the context's certificate"),
                key: try PEMFile.read(key, home: home, what: "the context's key")
            )
        }
        if let path = context.kubeconfig { return try kubeconfig(home.path(path)) }
        return nil
    }

    private static func kubeconfig(_ path: String) throws(CommandError) -> ClientCredentials {
        let bytes: [UInt8]
        do { bytes = try File.read(path, limit: YAMLNode.limits.size) } catch {
            throw .file("read", path, error)
        }
        let found: Kubeconfig
        do { found = try Kubeconfig(parsing: bytes, path: path) } catch { throw .setup(error) }
        return ClientCredentials(
            certificate: try PEMFile.read(found.certificate),
            key: try PEMFile.read(found.key)
        )
    }
}
