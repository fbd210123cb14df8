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

    /// Who signs the nodes of the cluster, PEM; `nil` when no kubeconfig was named, or it does not
    /// say.
    static func cluster(
        _ options: NodeOptions,
        _ context: Context?,
        _ home: Home
    ) throws(CommandError) -> [UInt8]? {
        guard let path = options.kubeconfig ?? context?.kubeconfig else { return nil }
        guard let authorities = try document(home.path(path)).authorities else { return nil }
        return try PEMFile.read(authorities)
    }

    private static func document(_ path: String) throws(CommandError) -> Kubeconfig {
        let bytes: [UInt8]
        do { bytes = try File.read(path, limit: YAMLNode.limits.size) } catch {
            throw .file("read", path, error)
        }
        do { return try Kubeconfig(parsing: bytes, path: path) } catch { throw .setup(error) }
    }

    private static func kubeconfig(_ path: String) throws(CommandError) -> ClientCredentials {
        let found = try document(path)
        return ClientCredentials(
            certificate: try PEMFile.read(found.certificate),
            key: try PEMFile.read(found.key)
        )
    }
}
