import Testing

@testable import API

/// The standard health check.
@Suite("Health", .timeLimit(.minutes(2)))
struct HealthTests {
    @Test("the health check says what the node says, at both doors", arguments: [true, false])
    func check(isOpen: Bool) async throws {
        let world = try World(isOpen: isOpen)
        let client = isOpen ? try world.client(nil) : try world.admin()
        #expect(try await client.checkHealth(timeout: patience))
        world.server.setServing(false)
        #expect(try await client.checkHealth(timeout: patience) == false)
        #expect(world.gate.admitted.allSatisfy { $0 == "grpc.health.v1.Health/Check" })
        await world.stop()
    }

    @Test("a service that the node does not have is NOT_FOUND")
    func unknown() async throws {
        let world = try World()
        let client = try RawClient(world, world.clients.client("alice"))
        // service: "x"
        let end = await client.call("/grpc.health.v1.Health/Check", [0x0a, 0x01, 0x78])
        #expect(end.code == .notFound)
        let own = Array("keel.v1.NodeService".utf8)
        let known = await client.call("/grpc.health.v1.Health/Check", [0x0a, 19] + own)
        #expect(known.code == .ok)
        client.channel.close()
        await world.stop()
    }

    @Test("one watcher more than the node takes is RESOURCE_EXHAUSTED")
    func watchers() async throws {
        let world = try World(isOpen: true)
        var channels: [RawClient] = []
        for _ in 0..<(HealthService.watchers / 16) {
            let client = try RawClient(world, nil)
            channels.append(client)
            for _ in 0..<16 {
                let call = try #require(
                    client.channel.call("/grpc.health.v1.Health/Watch", patience)
                )
                let status = Batch().receiveStatus()
                _ = call.start(status, ClosureTag { _ in })
                let opening = Batch().sendHeaders().sendMessage([]).sendClose().receiveHeaders()
                #expect(await call.run(opening.receiveMessage()))
            }
        }
        let late = try RawClient(world, nil)
        let end = await late.call("/grpc.health.v1.Health/Watch", [])
        #expect(end.code == .resourceExhausted)
        #expect(await late.call("/grpc.health.v1.Health/Check", []).code == .ok)
        for client in channels + [late] { client.channel.close() }
        await world.stop()
    }

    @Test("who watches is told at once and at every change, until the server stops")
    func watch() async throws {
        let world = try World()
        let client = try RawClient(world, world.clients.client("alice"))
        let watching = Task { () async -> [[UInt8]] in
            guard let call = client.channel.call("/grpc.health.v1.Health/Watch", patience) else {
                return []
            }
            let status = Batch().receiveStatus()
            _ = call.start(status, ClosureTag { _ in })
            let opening = Batch().sendHeaders().sendMessage([]).sendClose().receiveHeaders()
            _ = await call.run(opening)
            var messages: [[UInt8]] = []
            while true {
                let next = Batch().receiveMessage()
                guard await call.run(next), let bytes = next.takeMessage() else { break }
                messages.append(bytes)
                if messages.count == 1 { world.server.setServing(false) }
                if messages.count == 2 { world.server.setServing(true) }
                if messages.count == 3 { Task { await world.server.stop(grace: .seconds(5)) } }
            }
            return messages
        }
        // status: SERVING (1), NOT_SERVING (2)
        #expect(await watching.value == [[8, 1], [8, 2], [8, 1], [8, 2]])
        client.channel.close()
        await world.stop()
    }
}
