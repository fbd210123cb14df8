import Slots
import Testing

@testable import SlotsFetch

/// Redirects, and what must not travel along.
@Suite struct RedirectTests {
    private let bundle = TestBundle(rootSize: 100_000)

    private var options: FetchOptions {
        var options = FetchOptions.testing
        options.token = BearerToken(Array("letmein".utf8))
        return options
    }

    @Test("a redirect is followed, and the token stays with the first host")
    func otherHost() throws {
        let server = try FaultServer(bundle)
        let to = server.url(host: "localhost")
        let source = try BundleSource.testing(server.url("to=\(to)"), options)
        #expect(try source.check(bundle).matches)
        let requests = server.requests
        #expect(requests.map(\.authorization) == ["Bearer letmein", "-"])
        #expect(requests[1].host.hasPrefix("localhost:"))
        #expect(source.traffic.requests == 2)
    }

    @Test("the token does not follow to another port of the same host either")
    func otherPort() throws {
        let first = try FaultServer(bundle)
        let second = try FaultServer(bundle)
        let source = try BundleSource.testing(first.url("to=\(second.url())"), options)
        #expect(try source.check(bundle).matches)
        #expect(second.requests.map(\.authorization) == ["-"])
    }

    @Test("the token follows to another page of the same host")
    func sameHost() throws {
        let server = try FaultServer(bundle)
        let source = try BundleSource.testing(server.url("to=/bundle"), options)
        #expect(try source.check(bundle).matches)
        #expect(server.requests.map(\.authorization) == ["Bearer letmein", "Bearer letmein"])
    }

    @Test("ranges are asked for behind the redirect, with the validator")
    func ranges() throws {
        let server = try FaultServer(bundle)
        let source = try BundleSource.testing(
            server.url("to=\(server.url(host: "localhost"))"),
            options,
            expectsReuse: true
        )
        let (delivery, matches) = try source.check(bundle, wanted: [70_000..<80_000])
        #expect(delivery == .ranges)
        #expect(matches)
        let requests = server.requests.filter { $0.host.hasPrefix("localhost:") }
        #expect(requests.map(\.range).first == "bytes=0-65535")
        #expect(requests.dropFirst().allSatisfy { $0.ifRange == "\"v1\"" })
    }

    @Test("redirects in a circle end after five")
    func circle() throws {
        let server = try FaultServer(bundle)
        let source = try BundleSource.testing(server.url("circle=1"), options)
        let error = failure { _ = try source.readStatement() }
        guard case .unreachable(_, attempts: 1) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(server.requests.count == 6)
    }

    @Test("a redirect from https to http is refused")
    func downgrade() throws {
        let certificates = try Certificates.make()
        let plain = try FaultServer(bundle)
        let secure = try FaultServer(bundle, certificates: certificates)
        var options = options
        options.authorities = certificates.bytes("ca.pem")
        let source = try BundleSource.testing(secure.url("to=\(plain.url())"), options)
        guard case .unusable = failure({ _ = try source.readStatement() }) else {
            Issue.record("followed")
            return
        }
        #expect(plain.requests.isEmpty)
    }

    @Test("a redirect to a file is refused")
    func toFile() throws {
        let server = try FaultServer(bundle)
        let source = try BundleSource.testing(server.url("to=file:///etc/hostname"), options)
        guard case .unusable = failure({ _ = try source.readStatement() }) else {
            Issue.record("followed")
            return
        }
    }
}
