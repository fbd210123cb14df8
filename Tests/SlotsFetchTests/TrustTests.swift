import Slots
import Testing

@testable import SlotsFetch

/// Who is believed to be the server, and who we are to it.
@Suite struct TrustTests {
    private let bundle = TestBundle(rootSize: 500_000)
    private let certificates: Certificates
    private let server: Nginx

    init() throws {
        certificates = try Certificates.make()
        server = try Nginx(bundle, certificates: certificates)
    }

    private func source(
        port: Int,
        host: String = "127.0.0.1",
        expectsReuse: Bool = false,
        change: (inout FetchOptions) -> Void
    ) throws(SourceError) -> BundleSource {
        var options = FetchOptions.testing
        options.allowsPlainHTTP = false
        options.authorities = certificates.bytes("ca.pem")
        change(&options)
        return try BundleSource.testing(
            "https://\(host):\(port)/bundle",
            options,
            expectsReuse: expectsReuse
        )
    }

    private func refusal(_ source: BundleSource) -> SourceError? {
        failure { _ = try source.readStatement() }
    }

    @Test("a server signed by the given authority is trusted, whole and in ranges")
    func trusted() throws {
        let whole = try source(port: server.https) { _ in }
        #expect(try whole.check(bundle).matches)
        let parts = try source(port: server.https, expectsReuse: true) { _ in }
        let (delivery, matches) = try parts.check(bundle, wanted: [100_000..<200_000])
        #expect(delivery == .ranges)
        #expect(matches)
    }

    @Test("a server signed by somebody else is refused at once")
    func untrusted() throws {
        let sources = try [
            source(port: server.https) { $0.authorities = certificates.bytes("other.pem") },
            source(port: server.https) { $0.authorities = nil },
        ]
        for source in sources {
            guard case .untrustedServer(let reason) = refusal(source) else {
                Issue.record("trusted")
                continue
            }
            #expect(!reason.isEmpty)
            #expect(source.traffic.retries == 0)
        }
    }

    @Test("a server with another name than its certificate is refused")
    func otherName() throws {
        // The same server: all of 127.0.0.0/8 is this machine, and the certificate names one.
        let source = try source(port: server.https, host: "127.0.0.2") { _ in }
        guard case .untrustedServer = refusal(source) else {
            Issue.record("trusted")
            return
        }
        #expect(source.traffic.retries == 0)
    }

    @Test("authorities that are no certificates are refused")
    func badAuthorities() throws {
        let source = try source(port: server.https) { $0.authorities = Array("no PEM".utf8) }
        guard case .untrustedServer = refusal(source) else {
            Issue.record("trusted")
            return
        }
        #expect(source.traffic.retries == 0)
    }

    @Test("a client certificate is shown where the server wants one")
    func client() throws {
        let source = try source(port: server.mutual) {
            $0.client = ClientCertificate(
                chain: certificates.bytes("client.pem"),
                key: certificates.bytes("client.key")
            )
        }
        #expect(try source.check(bundle).matches)
    }

    @Test("without a client certificate such a server refuses, once")
    func noClient() throws {
        let source = try source(port: server.mutual) { _ in }
        switch refusal(source) {
        case .answered(status: 400), .untrustedServer: break
        case let error: Issue.record("\(String(describing: error))")
        }
        #expect(source.traffic.retries == 0)
    }

    @Test("a client certificate that does not fit its key is refused before anything is sent")
    func wrongKey() throws {
        let source = try source(port: server.mutual) {
            $0.client = ClientCertificate(
                chain: certificates.bytes("client.pem"),
                key: certificates.bytes("server.key")
            )
        }
        guard case .untrustedServer = refusal(source) else {
            Issue.record("sent")
            return
        }
        #expect(source.traffic.requests == 0)
    }

    @Test("a server that wants a certificate and says so in TLS refuses, once")
    func alert() throws {
        let strict = try Program([
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-tls1_3", "-Verify", "1",
            "-verify_return_error", "-CAfile", certificates.file("ca.pem"),
            "-cert", certificates.file("server.pem"), "-key", certificates.file("server.key"),
        ])
        let port = try port(of: strict)
        let source = try source(port: port) { _ in }
        guard case .untrustedServer(let reason) = refusal(source) else {
            Issue.record("spoken to")
            return
        }
        #expect(reason.contains("certificate required"))
        #expect(source.traffic.retries == 0)
    }

    /// `openssl s_server` prints `ACCEPT 127.0.0.1:PORT` once it listens.
    private func port(of server: Program) throws -> Int {
        var line = ""
        for _ in 0..<20 where !line.hasPrefix("ACCEPT") { line = server.line() }
        return try #require(line.split(separator: ":").last.flatMap { Int($0) })
    }

    @Test("a server that speaks nothing newer than TLS 1.1 is refused")
    func oldTLS() throws {
        let old = try Program([
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-tls1_1",
            "-cipher", "ALL:@SECLEVEL=0", "-cert", certificates.file("server.pem"),
            "-key", certificates.file("server.key"),
        ])
        let port = try port(of: old)
        let source = try source(port: port) { _ in }
        guard case .untrustedServer = refusal(source) else {
            Issue.record("spoken to")
            return
        }
        #expect(source.traffic.retries == 0)
    }

    @Test("a TLS handshake that is cut off is tried again", arguments: [10, 65_536])
    func cutHandshake(size: Int) throws {
        // With bytes left unread the line is reset, without it is closed in good order.
        let listener = try Program([
            "python3", "-u", "-c",
            """
            import socket
            s = socket.create_server(("127.0.0.1", 0))
            print(s.getsockname()[1])
            while True:
                c, _ = s.accept()
                c.recv(\(size))
                c.close()
            """,
        ])
        let port = try #require(Int(listener.line()))
        let source = try source(port: port) { _ in }
        let error = refusal(source)
        guard case .unreachable(_, attempts: 4) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
