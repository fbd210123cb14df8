import Foundation
import Slots
import Testing
import Trust

@testable import SlotsFetch

/// One small page over TLS, from `Server/pages.py`.
@Suite struct PageTests {
    private func get(
        _ server: PageServer,
        _ path: String,
        host: String = "127.0.0.1",
        insecure: Bool = false,
        bearer: String? = nil,
        limit: Int = 1000,
        timeout: Duration = .seconds(20)
    ) throws(PageFailure) -> (status: Int, body: String) {
        let (status, body) = try PageFetch.get(
            server.url(path, host: host),
            authorities: insecure ? nil : server.authority.pem,
            insecure: insecure,
            bearer: bearer,
            limit: limit,
            timeout: timeout
        )
        return (status, String(decoding: body, as: UTF8.self))
    }

    private func failure(_ body: () throws(PageFailure) -> Void) -> PageFailure? {
        do throws(PageFailure) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    /// What becomes of asking for an address, whoever answers there.
    private func refusal(of url: String) -> PageFailure? {
        failure { () throws(PageFailure) in
            _ = try PageFetch.get(
                url,
                authorities: nil,
                insecure: true,
                bearer: nil,
                limit: 100,
                timeout: .seconds(20)
            )
        }
    }

    @Test("every status is an answer", arguments: [200, 401, 403, 404, 500, 503])
    func statuses(status: Int) throws {
        let answer = try get(PageServer(), "status/\(status)")
        #expect(answer == (status, "\(status)"))
    }

    @Test("a redirect is an answer and not followed")
    func redirect() throws {
        let server = try PageServer()
        #expect(try get(server, "redirect").status == 302)
        #expect(server.requests.count == 1)
    }

    @Test("the token goes along, and not to a server that is not verified")
    func token() throws {
        let server = try PageServer()
        #expect(try get(server, "status/200", bearer: "letmein").status == 200)
        #expect(server.requests == ["/status/200 Bearer letmein"])
        let error = failure { () throws(PageFailure) in
            _ = try get(server, "status/200", insecure: true, bearer: "letmein")
        }
        #expect(error == .unusable(reason: "credentials on an unverified line"))
        #expect(server.requests.count == 1)
    }

    @Test("a token that would end its header line is refused before anything is sent")
    func badToken() throws {
        let server = try PageServer()
        let error = failure { () throws(PageFailure) in
            _ = try get(server, "status/200", bearer: "a\r\nX: y")
        }
        #expect(error == .unusable(reason: "not a bearer token"))
        #expect(server.requests.isEmpty)
    }

    @Test("a client certificate is shown to a server that asks, and never to an unverified one")
    func client() throws {
        let server = try PageServer(asksForCertificates: true)
        let key = CertificateKey()
        let certificate = server.authorityKey.issue(
            for: key,
            by: server.authority,
            commonName: "node-7",
            organisations: [],
            names: [],
            isServer: false,
            from: Timestamp(seconds: Int(Date().timeIntervalSince1970) - 60),
            days: 1
        )
        for insecure in [false, true] {
            let result = Result { () throws(PageFailure) in
                try PageFetch.get(
                    server.url("who"),
                    authorities: server.authority.pem,
                    insecure: insecure,
                    bearer: nil,
                    client: ClientCertificate(chain: certificate.pem, key: key.pem),
                    limit: 100,
                    timeout: .seconds(20)
                )
            }
            switch result {
            case .success(let (status, body)):
                #expect(!insecure && status == 200 && body == Array("node-7".utf8))
            case .failure(let error):
                #expect(insecure)
                #expect(error == .unusable(reason: "credentials on an unverified line"))
            }
        }
    }

    @Test("a page of just the limit comes whole, one byte more is refused")
    func limit() throws {
        let server = try PageServer()
        for path in ["big", "open"] {
            #expect(try get(server, "\(path)/1000").body.count == 1000)
            let error = failure { () throws(PageFailure) in _ = try get(server, "\(path)/1001") }
            #expect(error == .tooLarge(limit: 1000))
        }
        let error = failure { () throws(PageFailure) in _ = try get(server, "head/100000") }
        #expect(error == .tooLarge(limit: 1000))
    }

    @Test("a server that is slow to answer or to go on is given up in time")
    func slow() throws {
        let server = try PageServer()
        #expect(try get(server, "slow/0.2").body == "late")
        for path in ["slow/30", "drip/300"] {
            let start = ContinuousClock.now
            let error = failure { () throws(PageFailure) in
                _ = try get(server, path, timeout: .milliseconds(700))
            }
            #expect(error == .timedOut)
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }

    @Test("a server whose certificate is too old, too new or another's is told apart")
    func distrust() throws {
        func distrust(_ server: PageServer, _ other: PageServer? = nil) -> PageFailure.Distrust? {
            let error = failure { () throws(PageFailure) in
                _ = try PageFetch.get(
                    server.url("status/200"),
                    authorities: (other ?? server).authority.pem,
                    insecure: false,
                    bearer: "secret",
                    limit: 100,
                    timeout: .seconds(20)
                )
            }
            guard case .untrusted(let distrust, let reason) = error, !reason.isEmpty else {
                return nil
            }
            return distrust
        }
        let fine = try PageServer()
        let expired = try PageServer(from: -3 * 86400, days: 1)
        let early = try PageServer(from: 86400, days: 1)
        let renamed = try PageServer(names: ["127.0.0.2", "localhost"])
        #expect(distrust(expired) == .expired)
        #expect(distrust(early) == .notYetValid)
        #expect(distrust(renamed) == .wrongName)
        #expect(distrust(fine, expired) == .unknownAuthority)
        #expect(distrust(fine) == nil)
        for server in [expired, early, renamed] { #expect(server.requests.isEmpty) }
        // Whoever does not care is told by all of them.
        for server in [expired, early, renamed] {
            #expect(try get(server, "status/200", insecure: true).status == 200)
        }
    }

    @Test("without authorities the system's are meant, and ours is not among them")
    func system() throws {
        let server = try PageServer()
        let error = failure { () throws(PageFailure) in
            _ = try PageFetch.get(
                server.url("status/200"),
                authorities: nil,
                insecure: false,
                bearer: nil,
                limit: 100,
                timeout: .seconds(20)
            )
        }
        guard case .untrusted(.unknownAuthority, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("nobody at the port, and no such name, are unreachable")
    func unreachable() throws {
        for url in ["https://127.0.0.1:1/", "https://nobody.invalid/"] {
            let error = refusal(of: url)
            guard case .unreachable = error else {
                Issue.record("\(url): \(String(describing: error))")
                continue
            }
        }
    }

    @Test("a line that breaks and an answer that is no HTTP are broken")
    func broken() throws {
        let server = try PageServer()
        for path in ["cut", "garbage"] {
            let error = failure { () throws(PageFailure) in _ = try get(server, path) }
            guard case .broken = error else {
                Issue.record("\(path): \(String(describing: error))")
                continue
            }
        }
    }

    @Test("a server that speaks no TLS has no handshake")
    func plain() throws {
        let listener = try Program([
            "python3", "-u", "-c",
            """
            import socket
            s = socket.create_server(("127.0.0.1", 0))
            print(s.getsockname()[1])
            while True:
                c, _ = s.accept()
                c.recv(10)
                c.sendall(b"HTTP/1.1 400 Bad Request\\r\\n\\r\\n")
                c.close()
            """,
        ])
        let error = refusal(of: "https://127.0.0.1:\(listener.line())/")
        guard case .handshake = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(
        "what is no https address is refused before anything is sent",
        arguments: [
            "http://127.0.0.1/", "HTTP://127.0.0.1/", "file:///etc/passwd", "/etc/passwd", "-", "",
            "ftp://127.0.0.1/", "https://127.0.0.1/\r\nX: y", "https://",
        ]
    )
    func address(url: String) {
        let error = refusal(of: url)
        guard case .unusable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(
        "what is no plain http address of this machine is no page of its own",
        arguments: [
            "http://10.0.0.1/", "http://localhost/", "https://127.0.0.1/", "http://127.0.0.1.x/",
            "file:///etc/passwd", "", "http://127.0.0.1:80/\r\nX: y",
        ]
    )
    func otherMachine(url: String) {
        let error = failure { () throws(PageFailure) in
            _ = try PageFetch.getLocal(url, limit: 100, timeout: .seconds(5))
        }
        guard case .unusable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("authorities that are no certificates, and a key that fits no certificate, are unusable")
    func badCertificates() throws {
        let server = try PageServer()
        let client = ClientCertificate(chain: server.authority.pem, key: CertificateKey().pem)
        let cases: [([UInt8], ClientCertificate?)] = [
            (Array("no PEM".utf8), nil), (server.authority.pem, client),
        ]
        for (authorities, client) in cases {
            let error = failure { () throws(PageFailure) in
                _ = try PageFetch.get(
                    server.url("status/200"),
                    authorities: authorities,
                    insecure: false,
                    bearer: nil,
                    client: client,
                    limit: 100,
                    timeout: .seconds(20)
                )
            }
            guard case .unusable = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        #expect(server.requests.isEmpty)
    }
}
