import Testing
import Trust

@testable import API

/// Which server a client believes.
@Suite("Server trust", .timeLimit(.minutes(2)))
struct ServerTrustTests {
    private let nodes = Authority("nodes")
    private let clients = Authority("clients")

    /// What a call of a server with a certificate for `names` fails with; nil: it does not.
    private func call(
        _ names: [String],
        as host: String = "127.0.0.1",
        believing trust: ServerTrust
    ) async throws -> CallFailure? {
        let identity = nodes.server(names, clients: clients)
        let server = try NodeServer(
            address: "127.0.0.1:0",
            door: .mutual,
            identity: IdentityStore(identity),
            service: FakeNode(),
            gate: Gatekeeper()
        )
        let client = try NodeClient(
            endpoint: "\(host):\(server.port)",
            trust: trust,
            credentials: clients.client("alice")
        )
        var found: CallFailure?
        do { _ = try await client.getStatus(.init(), timeout: .seconds(5)) } catch { found = error }
        await server.stop(grace: .zero)
        return found
    }

    private var authority: ServerTrust { .authorities(nodes.certificate.pem) }

    @Test("a certificate without addresses is believed at any address, by its authority")
    func address() async throws {
        #expect(try await call(["node-1.example"], believing: authority) == nil)
    }

    @Test("a certificate with addresses is believed at these alone")
    func addresses() async throws {
        #expect(try await call(["127.0.0.1"], believing: authority) == nil)
        let found = try await call(["192.0.2.7"], believing: authority)
        #expect(found?.code == .unavailable)
        #expect(found?.detail.sentence.contains("certificate is for 192.0.2.7") == true)
    }

    @Test("an IPv6 address of the certificate is believed however it is written")
    func sixes() async throws {
        let found = try await call(["2001:db8::7"], believing: authority)
        #expect(found?.detail.sentence.contains("certificate is for 2001:db8::7") == true)
        let shown = ShownCertificate(
            leaf: [],
            chain: [],
            commonName: "",
            names: [],
            addresses: ["192.0.2.1", "2001:db8::7"]
        )
        for (text, isRefused) in [("[2001:DB8:0::7]:1", false), ("[2001:db8::8]:1", true)] {
            #expect((authority.check(for: try Endpoint(text))(shown) != nil) == isRefused)
        }
    }

    @Test("a name must be one of the certificate's")
    func names() async throws {
        #expect(try await call(["localhost"], as: "localhost", believing: authority) == nil)
        let found = try await call(["node-1.example"], as: "localhost", believing: authority)
        #expect(found?.detail.sentence.contains("certificate is for node-1.example") == true)
    }

    @Test("a certificate of another authority is refused")
    func other() async throws {
        let trust = ServerTrust.authorities(Authority("others").certificate.pem)
        let found = try await call(["127.0.0.1"], believing: trust)
        #expect(found?.code == .unavailable)
        #expect(found?.detail.sentence.contains("not signed by the given authority") == true)
    }

    @Test("of two ways to be known one is enough; without either, both are told")
    func either() async throws {
        func trust(_ key: [UInt8], _ words: String?) -> ServerTrust {
            .either(sha256: key) { chain in
                PEM.firstCertificate(in: chain) == nil ? "no chain" : words
            }
        }
        let other = [UInt8](repeating: 7, count: 32)
        #expect(try await call(["127.0.0.1"], believing: trust(other, nil)) == nil)
        let elsewhere = try await call(["192.0.2.7"], believing: trust(other, nil))
        #expect(elsewhere?.detail.sentence.contains("certificate is for 192.0.2.7") == true)
        let refused = try await call(["127.0.0.1"], believing: trust(other, "nobody's"))
        #expect(refused?.code == .unavailable)
        for words in [other.hex, "nobody's"] {
            #expect(refused?.detail.sentence.contains(words) == true)
        }
        let world = try World()
        let own = try world.store.current.identity.fingerprint
        let client = try NodeClient(
            endpoint: world.endpoint,
            trust: trust(own, "nobody's"),
            credentials: world.clients.client("alice")
        )
        _ = try await client.getStatus(.init(), timeout: patience)
        await world.stop()
    }

    @Test("another key than the pinned one is refused, with the fingerprints of both")
    func pin() async throws {
        let world = try World()
        let pin = [UInt8](repeating: 7, count: 32)
        let client = try NodeClient(
            endpoint: world.endpoint,
            trust: .pinned(sha256: pin),
            credentials: world.clients.client("alice")
        )
        let found = await failure { () async throws(CallFailure) in
            _ = try await client.getStatus(.init(), timeout: patience)
        }
        #expect(found?.code == .unavailable)
        let sentence = found?.detail.sentence ?? ""
        #expect(sentence.contains("is not the node that is meant"))
        #expect(sentence.contains(try world.store.current.identity.fingerprint.hex))
        #expect(sentence.contains(pin.hex))
        #expect(world.gate.entries.isEmpty)
        await world.stop()
    }

    @Test("a pin holds when the certificate is renewed over the same key, and not over another")
    func renewal() async throws {
        let world = try World()
        let before = try world.store.current.identity.fingerprint
        let credentials = world.clients.client("alice")
        func call() async throws -> StatusCode {
            let client = try NodeClient(
                endpoint: world.endpoint,
                trust: .pinned(sha256: before),
                credentials: credentials
            )
            defer { client.close() }
            do { _ = try await client.getStatus(.init(), timeout: patience) } catch {
                return error.code
            }
            return .ok
        }
        let old = world.store.current.identity
        #expect(try await call() == .ok)
        world.store.replace(try Authority.renewed(old))
        let shown = try await certificate(of: world.endpoint, timeout: patience)
        #expect(shown != (try Certificate.chain(pem: old.certificate).first?.der))
        #expect(try await fingerprint(of: world.endpoint, timeout: patience) == before)
        #expect(try await call() == .ok)
        world.store.replace(Authority.selfSigned(clients: world.clients))
        #expect(try await call() == .unavailable)
        await world.stop()
    }

    @Test("the certificate that a node shows can be asked for, at both doors")
    func shown() async throws {
        for isOpen in [true, false] {
            let world = try World(isOpen: isOpen)
            let leaf = try await certificate(of: world.endpoint, timeout: patience)
            let expected = try Certificate.chain(pem: world.store.current.identity.certificate)
            #expect(leaf == expected.first?.der)
            #expect(world.gate.entries.isEmpty)
            await world.stop()
        }
    }

    @Test("where nothing listens, a client says so")
    func nobody() async throws {
        let client = try NodeClient(
            endpoint: "127.0.0.1:1",
            trust: .pinned(sha256: []),
            credentials: nil
        )
        let found = await failure { () async throws(CallFailure) in
            _ = try await client.getStatus(.init(), timeout: patience)
        }
        #expect(found?.code == .unavailable)
        #expect(found?.detail.sentence == "nothing listens on 127.0.0.1:1")
    }

    @Test("what is no PEM is refused when the client is made")
    func junk() async {
        let endpoint = "127.0.0.1:1"
        let noAuthority = await failure { () async throws(CallFailure) in
            _ = try NodeClient(endpoint: endpoint, trust: .authorities([1]), credentials: nil)
        }
        #expect(noAuthority?.detail.reason == .badRequest)
        let noCertificate = await failure { () async throws(CallFailure) in
            _ = try NodeClient(
                endpoint: endpoint,
                trust: .pinned(sha256: []),
                credentials: .init(certificate: [1], key: [2])
            )
        }
        #expect(noCertificate?.detail.reason == .badRequest)
    }

    @Test(
        "a certificate's name covers its host, and with a star exactly one label",
        arguments: [
            ("node.example", "node.example", true), ("Node.Example", "node.example", true),
            ("a.example", "*.example", true), ("a.b.example", "*.example", false),
            ("example", "*.example", false), (".example", "*.example", false),
            ("node.example", "other.example", false), ("node.example", "", false),
        ]
    )
    func matching(host: String, name: String, isCovered: Bool) {
        #expect(ServerTrust.matches(host, name) == isCovered)
    }
}
