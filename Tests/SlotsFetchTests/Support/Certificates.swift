import Foundation

/// A certificate authority with a server and a client certificate, and another authority that
/// nobody trusts.
final class Certificates: Sendable {
    private let folder: String

    private init() throws {
        folder =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("fetch-pki-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try authority("ca")
        try authority("other")
        try certificate("server", by: "ca", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        try certificate("client", by: "ca", "extendedKeyUsage=clientAuth")
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func make() throws -> Certificates { try Certificates() }

    func file(_ name: String) -> String { folder + "/" + name }

    func bytes(_ name: String) -> [UInt8] {
        FileManager.default.contents(atPath: file(name)).map { Array($0) } ?? []
    }

    private func authority(_ name: String) throws {
        try Program.run([
            "env", "-C", folder, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-keyout", "\(name).key",
            "-out", "\(name).pem",
        ])
    }

    private func certificate(_ name: String, by authority: String, _ extension: String) throws {
        try Program.run([
            "env", "-C", folder, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-addext", `extension`,
            "-addext", "basicConstraints=critical,CA:FALSE", "-CA", "\(authority).pem",
            "-CAkey", "\(authority).key", "-keyout", "\(name).key", "-out", "\(name).pem",
        ])
    }
}
