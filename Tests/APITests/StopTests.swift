import Testing

@testable import API

/// The end of a server.
@Suite("Stopping", .timeLimit(.minutes(2)))
struct StopTests {
    private func slow(_ client: NodeClient, _ milliseconds: UInt32) -> Task<StatusCode, Never> {
        Task {
            var request = Keel_V1_GetHistoryRequest()
            request.limit = milliseconds / 10
            do throws(CallFailure) {
                _ = try await client.getHistory(request, timeout: .seconds(60))
                return .ok
            } catch {
                return error.code
            }
        }
    }

    @Test("a call that ends within the grace is answered, one that does not is cancelled")
    func grace() async throws {
        let world = try World()
        let client = try world.admin()
        let short = slow(client, 300)
        let long = slow(client, 10_000)
        #expect(await eventually { world.node.tally["slow"] == 2 })
        let start = ContinuousClock.now
        await world.server.stop(grace: .seconds(1))
        let time = ContinuousClock.now - start
        #expect(time > .milliseconds(900) && time < .seconds(4), "took \(time)")
        #expect(await short.value == .ok)
        #expect([.unavailable, .cancelled].contains(await long.value))
        #expect(world.node.tally["slow cancelled"] == 1)
        #expect(world.gate.entries.count == 2, "both calls were accounted for")
    }

    @Test("a server without calls stops at once, and twice is once")
    func idle() async throws {
        let world = try World()
        let client = try world.admin()
        _ = try await client.getStatus(.init(), timeout: patience)
        let start = ContinuousClock.now
        await world.server.stop(grace: .seconds(30))
        await world.server.stop(grace: .seconds(30))
        #expect(ContinuousClock.now - start < .seconds(3))
    }

    @Test("a server may be stopped by several tasks at once")
    func together() async throws {
        let world = try World()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { await world.server.stop(grace: .seconds(1)) } }
        }
    }

    @Test("a port can be served ten times in a row by the same process")
    func again() async throws {
        let world = try World()
        await world.stop()
        for _ in 0..<10 {
            let server = try NodeServer(
                address: world.endpoint,
                door: .mutual,
                identity: world.store,
                service: world.node,
                gate: world.gate
            )
            let client = try world.admin()
            let status = try await client.getStatus(.init(), timeout: patience)
            #expect(status.version == "1.2.3")
            await server.stop(grace: .zero)
        }
    }

    @Test("a server that is forgotten frees its port")
    func forgotten() async throws {
        let node = FakeNode()
        let store = IdentityStore(Authority.selfSigned())
        func serve(_ address: String) throws -> Int {
            try NodeServer(
                address: address,
                door: .open(methods: []),
                identity: store,
                service: node,
                gate: Gatekeeper()
            ).port
        }
        let port = try serve("127.0.0.1:0")
        let isFree = await eventually {
            do { return try serve("127.0.0.1:\(port)") == port } catch { return false }
        }
        #expect(isFree)
    }

    @Test("a service that ignores its cancellation does not keep a server from stopping")
    func stubborn() async throws {
        let node = StubbornNode()
        let (server, client) = try openDoor(to: node)
        let call = Task { () async -> StatusCode? in
            await failure { () async throws(CallFailure) in
                _ = try await client.getStatus(.init(), timeout: patience)
            }?.code
        }
        #expect(await eventually { node.tally["here"] == 1 })
        let start = ContinuousClock.now
        await server.stop(grace: .zero)
        #expect(ContinuousClock.now - start < .seconds(8))
        node.gate.reached()
        #expect(await call.value != .ok)
        #expect(await eventually { node.tally["gone"] == 1 })
    }
}

/// A node whose status waits until it is told, whatever becomes of the call.
private final class StubbornNode: NodeService {
    let tally = Tally()
    let gate = End()

    func getStatus(
        _ request: Keel_V1_GetStatusRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetStatusResponse {
        tally.count("here")
        await gate.wait()
        tally.count("gone")
        return Keel_V1_GetStatusResponse()
    }
}
