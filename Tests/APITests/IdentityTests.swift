import Testing
import Trust

@testable import API

/// What a new identity changes while a server runs.
@Suite("Identity", .timeLimit(.minutes(2)))
struct IdentityTests {
    private func status(_ client: NodeClient) async -> StatusCode {
        do {
            _ = try await client.getStatus(.init(), timeout: .seconds(5))
            return .ok
        } catch {
            return error.code
        }
    }

    @Test("a new certificate is shown at the next handshake, and old connections go on")
    func certificate() async throws {
        let world = try World()
        let old = try world.admin()
        #expect(await status(old) == .ok)
        let next = Authority.selfSigned(clients: world.clients)
        world.store.replace(next)
        #expect(await status(old) == .ok)
        let shown = try await API.certificate(of: world.endpoint, timeout: patience)
        #expect(Fingerprint.ofKey(inCertificate: shown) == (try next.fingerprint))
        #expect(await status(try world.admin()) == .ok)
        await world.stop()
    }

    @Test("a new client CA: old clients are refused at once, new ones accepted, nothing restarts")
    func clientCA() async throws {
        let world = try World()
        let old = try world.admin()
        #expect(await status(old) == .ok)
        var identity = world.store.current.identity
        let others = Authority("others")
        identity.clientCA = others.certificate.pem
        world.store.replace(identity)
        #expect([.unauthenticated, .unavailable].contains(await status(old)))
        #expect(await status(try world.admin()) == .unavailable)
        #expect(await status(try world.client(others.client("bob"))) == .ok)
        identity.clientCA = world.clients.certificate.pem
        world.store.replace(identity)
        #expect(await status(try world.client(others.client("bob"))) == .unavailable)
        #expect(await status(try world.admin()) == .ok)
        await world.stop()
    }

    @Test("a client whose old and new CA are both in force only connects anew")
    func bothCAs() async throws {
        let world = try World()
        let client = try world.admin()
        #expect(await status(client) == .ok)
        var identity = world.store.current.identity
        identity.clientCA = Authority("others").certificate.pem + (identity.clientCA ?? [])
        world.store.replace(identity)
        #expect(await eventually { await status(client) == .ok })
        await world.stop()
    }

    @Test("a stream of an old client ends UNAUTHENTICATED, a unary call that was admitted finishes")
    func underWay() async throws {
        let world = try World()
        let client = try world.admin()
        let stream = Task { () async -> CallFailure? in
            await failure { () async throws(CallFailure) in
                var request = Keel_V1_WatchOperationRequest()
                request.id = String(repeating: "0", count: 32)
                try await client.watchOperation(request, timeout: nil) { _ async in }
            }
        }
        let unary = Task { () async -> Bool in
            var request = Keel_V1_GetHistoryRequest()
            request.limit = 50
            do { _ = try await client.getHistory(request, timeout: patience) } catch {
                return false
            }
            return true
        }
        let tally = world.node.tally
        #expect(await eventually { tally["watching"] == 1 && tally["slow"] == 1 })
        var identity = world.store.current.identity
        identity.clientCA = Authority("others").certificate.pem
        world.store.replace(identity)
        let end = await stream.value
        #expect(end?.code == .unauthenticated)
        #expect(end?.detail.reason == .notAuthenticated)
        #expect(await unary.value)
        #expect(world.node.tally["slow done"] == 1)
        await world.stop()
    }

    @Test("under load no call of a client with the new CA fails but by a lost connection")
    func load() async throws {
        let world = try World()
        let others = Authority("others")
        var identity = world.store.current.identity
        identity.clientCA = identity.clientCA.map { $0 + others.certificate.pem }
        world.store.replace(identity)
        let load = Task { () async throws -> [StatusCode: Int] in
            var ends: [StatusCode: Int] = [:]
            let credentials = others.client("bob")
            while !Task.isCancelled {
                let client = try world.client(credentials)
                for _ in 0..<5 { ends[await status(client), default: 0] += 1 }
                client.close()
            }
            return ends
        }
        #expect(await eventually { world.node.tally["status"] > 20 })
        identity.clientCA = others.certificate.pem
        world.store.replace(identity)
        #expect(await status(try world.admin()) == .unavailable)
        let before = world.node.tally["status"]
        #expect(await eventually { world.node.tally["status"] > before + 20 })
        load.cancel()
        let ends = try await load.value
        print("load: \(ends)")
        #expect(Set(ends.keys).isSubset(of: [.ok, .unavailable, .unauthenticated, .cancelled]))
        #expect(ends[.unavailable, default: 0] + ends[.unauthenticated, default: 0] <= 6)
        await world.stop()
    }

    @Test("an identity that TLS cannot use changes nothing, and a good one after it does")
    func unusable() async throws {
        let world = try World()
        let good = world.store.current.identity
        let pinned = try world.admin()
        let junk = Array("junk".utf8)
        for bad in [
            ServerIdentity(certificate: junk, key: junk, clientCA: good.clientCA),
            ServerIdentity(certificate: good.certificate, key: good.key, clientCA: junk),
            ServerIdentity(certificate: good.certificate, key: good.key, clientCA: nil),
            ServerIdentity(
                certificate: good.certificate,
                key: Authority.selfSigned().key,
                clientCA: good.clientCA
            ),
        ] {
            world.store.replace(bad)
            #expect(await status(pinned) == .ok)
            let fresh = try NodeClient(
                endpoint: world.endpoint,
                trust: .pinned(sha256: try good.fingerprint),
                credentials: world.clients.client("alice")
            )
            #expect(await status(fresh) == .ok)
        }
        let next = Authority.selfSigned(clients: world.clients)
        world.store.replace(next)
        #expect(await status(try world.admin()) == .ok)
        await world.stop()
    }

    @Test("the client CA can be changed many times, and the server still stops")
    func often() async throws {
        let world = try World()
        var identity = world.store.current.identity
        for round in 0..<10 {
            let authority = Authority("authority \(round)")
            identity.clientCA = authority.certificate.pem
            world.store.replace(identity)
            #expect(await status(try world.client(authority.client("alice"))) == .ok)
        }
        let start = ContinuousClock.now
        await world.stop()
        #expect(ContinuousClock.now - start < .seconds(5))
    }
}
