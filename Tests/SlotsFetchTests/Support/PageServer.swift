import Foundation
import Slots
import Trust

/// `Server/pages.py` on a port of its own, with a certificate of our making.
final class PageServer {
    let authority: Certificate
    let authorityKey = CertificateKey()
    let port: Int
    private let scratch: Scratch
    private let program: Program

    /// The server's certificate is for `names`, and valid from `from` seconds after now for
    /// `days`.
    init(
        names: [String] = ["127.0.0.1"],
        from: Int = -3600,
        days: Int = 2,
        asksForCertificates: Bool = false
    ) throws {
        let now = Int(Date().timeIntervalSince1970)
        authority = authorityKey.selfSigned(
            commonName: "pages",
            organisations: [],
            names: [],
            isAuthority: true,
            from: Timestamp(seconds: now - 100 * 86400),
            days: 200
        )
        let key = CertificateKey()
        let certificate = authorityKey.issue(
            for: key,
            by: authority,
            commonName: "server",
            organisations: [],
            names: names,
            isServer: true,
            from: Timestamp(seconds: now + from),
            days: days
        )
        scratch = try Scratch()
        try scratch.write("log", [])
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Server/pages.py").path
        var arguments = ["python3", script, try scratch.write("server.pem", certificate.pem)]
        arguments += [try scratch.write("server.key", key.pem), scratch.file("log")]
        if asksForCertificates { arguments.append(try scratch.write("ca.pem", authority.pem)) }
        program = try Program(arguments)
        port = Int(program.line()) ?? 0
    }

    func url(_ path: String, host: String = "127.0.0.1") -> String {
        "https://\(host):\(port)/\(path)"
    }

    /// Path and `Authorization` of each request so far.
    var requests: [String] { scratch.lines("log") }
}
