import Syscalls

/// PEM that stands in a file of ours, or the path of a file with it.
enum PEMFile {
    static func read(
        _ text: String,
        home: Home,
        what: String
    ) throws(CommandError) -> [UInt8] {
        if text.contains("-----BEGIN ") { return Array(text.utf8) }
        return try read(path: home.path(text), what: "\(what) \(text)")
    }

    static func read(path: String, what: String) throws(CommandError) -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try File.read(path, limit: 1 << 20) } catch {
            throw .file("read", path, error)
        }
        guard String(decoding: bytes, as: UTF8.self).contains("-----BEGIN ") else {
            throw .setup(.notPEM(what: what))
        }
        return bytes
    }

    static func read(_ source: Kubeconfig.Source) throws(CommandError) -> [UInt8] {
        switch source {
        case .bytes(let bytes): bytes
        case .path(let path): try read(path: path, what: path)
        }
    }
}
