import Testing

@testable import API

/// Calls over mutual TLS, from one end to the other.
@Suite("Calls", .timeLimit(.minutes(2)))
struct CallTests {
    @Test("a client of the node's CA is served, and the service sees its certificate")
    func unary() async throws {
        let world = try World()
        let client = try world.admin()
        let status = try await client.getStatus(.init(), timeout: patience)
        #expect(status.version == "1.2.3")
        #expect(status.bootstrapped)
        #expect(status.hostname.hasPrefix("127.0.0.1:"))
        let entry = try #require(world.gate.entries.first)
        #expect(entry.method == "GetStatus")
        #expect(entry.hasRequest)
        #expect(entry.code == .ok)
        #expect(entry.peer.certificate != nil)
        await world.stop()
    }

    @Test("a stream arrives whole and in order, and ends")
    func stream() async throws {
        let world = try World()
        let client = try world.admin()
        let seen = Seen()
        try await client.watchOperation(.init(), timeout: patience) { (message) async in
            seen.numbers.append(message.operation.progress.bytes)
        }
        #expect(seen.numbers == [0, 1, 2])
        await world.stop()
    }

    @Test("many calls at once on one connection are all answered")
    func parallel() async throws {
        let world = try World()
        let client = try world.admin()
        let good = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<500 {
                group.addTask {
                    do {
                        let status = try await client.getStatus(.init(), timeout: patience)
                        return status.version == "1.2.3"
                    } catch {
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(good == 500)
        await world.stop()
    }

    @Test("a failure arrives with its reason, its truth and the operation that is in the way")
    func detail() async throws {
        let world = try World()
        let client = try world.admin()
        var request = Keel_V1_UpgradeRequest()
        request.source = "https://releases.example/keelos-1.3.0.keel"
        let refusal = await failure { () async throws(CallFailure) in
            _ = try await client.upgrade(request, timeout: patience)
        }
        #expect(refusal?.code == .failedPrecondition)
        #expect(refusal?.detail.reason == .busy)
        #expect(refusal?.detail.truth == "slot a runs 1.2.3 and boots next")
        #expect(refusal?.detail.operation.startedBy == "CN=bob")
        await world.stop()
    }

    @Test("the gate is asked before the request is read, and its refusal is the answer")
    func gate() async throws {
        let world = try World()
        world.gate.refuse("GetStatus")
        let client = try world.admin()
        let refusal = await failure { () async throws(CallFailure) in
            _ = try await client.getStatus(.init(), timeout: patience)
        }
        #expect(refusal?.code == .permissionDenied)
        #expect(refusal?.detail.needed == .admin)
        let entry = try #require(world.gate.entries.first)
        #expect(entry.code == .permissionDenied)
        #expect(!entry.hasRequest)
        await world.stop()
    }

    @Test("a method that the service does not implement is UNIMPLEMENTED")
    func unimplemented() async throws {
        let world = try World()
        let client = try world.admin()
        let refusal = await failure { () async throws(CallFailure) in
            _ = try await client.getConfig(.init(), timeout: patience)
        }
        #expect(refusal?.code == .unimplemented)
        #expect(refusal?.detail.sentence == "this node does not implement GetConfig.")
        await world.stop()
    }

    @Test("a method that nobody knows is UNIMPLEMENTED, after the gate was asked")
    func unknown() async throws {
        let world = try World()
        let client = try world.admin()
        let refusal = await failure { () async throws(CallFailure) in
            let _: Keel_V1_GetStatusResponse = try await client.unary(
                "Nope",
                Keel_V1_GetStatusRequest(),
                patience
            )
        }
        #expect(refusal?.code == .unimplemented)
        #expect(world.gate.admitted == ["Nope"])
        #expect(world.gate.entries.map(\.code) == [.unimplemented])
        await world.stop()
    }

    @Test("a call whose deadline is over ends, on both sides")
    func deadline() async throws {
        let world = try World()
        let client = try world.admin()
        _ = try await client.getStatus(.init(), timeout: patience)
        let refusal = await failure { () async throws(CallFailure) in
            var request = Keel_V1_GetHistoryRequest()
            request.limit = 1000
            _ = try await client.getHistory(request, timeout: .seconds(1))
        }
        #expect(refusal?.code == .deadlineExceeded)
        #expect(refusal?.detail.sentence.contains("did not answer within 1 s") == true)
        #expect(await eventually { world.node.tally["slow cancelled"] == 1 })
        await world.stop()
    }

    @Test("a cancelled task cancels its call, on both sides")
    func cancellation() async throws {
        let world = try World()
        let client = try world.admin()
        let task = Task { () async -> StatusCode? in
            await failure { () async throws(CallFailure) in
                var request = Keel_V1_GetHistoryRequest()
                request.limit = 1000
                _ = try await client.getHistory(request, timeout: patience)
            }?.code
        }
        #expect(await eventually { world.node.tally["slow"] == 1 })
        task.cancel()
        #expect(await task.value == .cancelled)
        #expect(await eventually { world.node.tally["slow cancelled"] == 1 })
        await world.stop()
    }

    @Test("a stream that its reader leaves ends on the server too")
    func leaving() async throws {
        let world = try World()
        let client = try world.admin()
        let seen = Seen()
        let refusal = await failure { () async throws(CallFailure) in
            var request = Keel_V1_WatchOperationRequest()
            request.id = String(repeating: "0", count: 32)
            try await client.watchOperation(request, timeout: nil) {
                (message) async throws(CallFailure) in
                seen.numbers.append(message.operation.progress.bytes)
                if seen.numbers.count == 5 { throw CallFailure(.notFound, "enough") }
            }
        }
        #expect(refusal?.detail.sentence == "enough")
        #expect(await eventually { world.node.tally["watched"] == 1 })
        await world.stop()
    }

    @Test("a client that was closed says so")
    func closed() async throws {
        let world = try World()
        let client = try world.admin()
        _ = try await client.getStatus(.init(), timeout: patience)
        client.close()
        client.close()
        let refusal = await failure { () async throws(CallFailure) in
            _ = try await client.getStatus(.init(), timeout: patience)
        }
        #expect(refusal?.code == .unavailable)
        await world.stop()
    }
}

/// What a stream brought; used by one task.
final class Seen: @unchecked Sendable {
    var numbers: [UInt64] = []
    var bytes = 0
}
