import Testing

@testable import API

/// Who comes in by which door.
@Suite("Doors", .timeLimit(.minutes(2)))
struct DoorTests {
    private func status(_ client: NodeClient) async -> CallFailure? {
        do {
            _ = try await client.getStatus(.init(), timeout: .seconds(5))
            return nil
        } catch {
            return error
        }
    }

    @Test("an open door serves its four methods to anybody")
    func open() async throws {
        let world = try World(isOpen: true)
        let client = try world.client(nil)
        let answer = try await client.getStatus(.init(), timeout: patience)
        #expect(!answer.bootstrapped)
        #expect(world.gate.entries.first?.peer.certificate == nil)
        await world.stop()
    }

    @Test("an open door answers every other method UNIMPLEMENTED, whatever the gate says")
    func openOthers() async throws {
        let world = try World(isOpen: true)
        let client = try world.client(nil)
        var request = Keel_V1_UpgradeRequest()
        request.source = "/tmp/x"
        let refusal = await failure { () async throws(CallFailure) in
            _ = try await client.upgrade(request, timeout: patience)
        }
        #expect(refusal?.code == .unimplemented)
        #expect(refusal?.detail.reason == .notBootstrapped)
        let stream = await failure { () async throws(CallFailure) in
            try await client.supportBundle(.init(), timeout: patience) { _ async in }
        }
        #expect(stream?.code == .unimplemented)
        #expect(world.node.tally["upgrade"] == 0)
        #expect(world.gate.admitted.isEmpty)
        #expect(world.gate.entries.map(\.code) == [.unimplemented, .unimplemented])
        await world.stop()
    }

    @Test("a client without a certificate does not come in, and is told what it most likely lacks")
    func none() async throws {
        let world = try World()
        let refusal = await status(try world.client(nil))
        #expect(refusal?.code == .unavailable)
        #expect(refusal?.detail.sentence.contains("wants a client certificate") == true)
        #expect(world.gate.entries.isEmpty)
        await world.stop()
    }

    @Test("a client of another CA does not come in")
    func other() async throws {
        let world = try World()
        let refusal = await status(try world.client(Authority("others").client("mallory")))
        #expect(refusal?.code == .unavailable)
        let words = "does not take this client's certificate"
        #expect(refusal?.detail.sentence.contains(words) == true)
        #expect(world.gate.entries.isEmpty)
        await world.stop()
    }

    @Test("a CA of the same name does not come in either")
    func sameName() async throws {
        let world = try World()
        let refusal = await status(try world.client(Authority("clients").client("mallory")))
        #expect(refusal?.code == .unavailable)
        #expect(world.gate.entries.isEmpty)
        await world.stop()
    }

    @Test("an expired certificate does not come in, nor does one of tomorrow")
    func time() async throws {
        let world = try World()
        let expired = world.clients.client("alice", from: -20 * 86400, days: 10)
        #expect(await status(try world.client(expired))?.code == .unavailable)
        let early = world.clients.client("alice", from: 86400, days: 10)
        #expect(await status(try world.client(early))?.code == .unavailable)
        #expect(world.gate.entries.isEmpty)
        await world.stop()
    }

    @Test("a self-signed certificate does not come in")
    func selfSigned() async throws {
        let world = try World()
        let own = Authority.selfSigned()
        let credentials = ClientCredentials(certificate: own.certificate, key: own.key)
        #expect(await status(try world.client(credentials))?.code == .unavailable)
        #expect(world.gate.entries.isEmpty)
        await world.stop()
    }

    @Test("a mutual door without a client CA is not opened")
    func mutualWithoutCA() {
        #expect(throws: CallFailure.self) {
            _ = try NodeServer(
                address: "127.0.0.1:0",
                door: .mutual,
                identity: IdentityStore(Authority.selfSigned()),
                service: FakeNode(),
                gate: Gatekeeper()
            )
        }
    }

    @Test("an address that is taken is not served a second time")
    func taken() async throws {
        let world = try World(isOpen: true)
        let again = await failure { () async throws(CallFailure) in
            _ = try NodeServer(
                address: world.endpoint,
                door: .open(methods: []),
                identity: world.store,
                service: world.node,
                gate: world.gate
            )
        }
        #expect(again?.code == .unavailable)
        await world.stop()
    }

    @Test("an identity that TLS cannot use is refused at the start")
    func unusable() async {
        let junk = ServerIdentity(certificate: [1, 2, 3], key: [4], clientCA: nil)
        let refusal = await failure { () async throws(CallFailure) in
            _ = try NodeServer(
                address: "127.0.0.1:0",
                door: .open(methods: []),
                identity: IdentityStore(junk),
                service: FakeNode(),
                gate: Gatekeeper()
            )
        }
        #expect(refusal?.code == .unavailable)
    }

    @Test("after an open door was stopped, a mutual one opens on its port")
    func inTurn() async throws {
        let world = try World(isOpen: true)
        let before = try world.client(nil)
        #expect(await status(before) == nil)
        await world.stop()
        let identity = Authority.selfSigned(clients: world.clients)
        let server = try NodeServer(
            address: world.endpoint,
            door: .mutual,
            identity: IdentityStore(identity),
            service: world.node,
            gate: world.gate
        )
        #expect(server.port == world.server.port)
        #expect(await status(before)?.code == .unavailable)
        let client = try NodeClient(
            endpoint: world.endpoint,
            trust: .pinned(sha256: try identity.fingerprint),
            credentials: world.clients.client("alice")
        )
        #expect(await status(client) == nil)
        await server.stop(grace: .zero)
    }
}
