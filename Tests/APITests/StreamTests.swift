import Testing

@testable import API

extension Heavy {
    /// Streams and readers that take their time.
    @Suite("Streams", .timeLimit(.minutes(2)), .serialized)
    struct StreamTests {
        @Test("a slow reader makes the node wait, and its memory does not grow")
        func slowReader() async throws {
            let world = try World()
            let client = try world.admin()
            _ = try await client.getStatus(.init(), timeout: patience)
            let before = try residentMemory()
            let reader = Task { () async -> StatusCode? in
                await failure { () async throws(CallFailure) in
                    try await client.supportBundle(.init(), timeout: nil) {
                        (message) async throws(CallFailure) in
                        do { try await Task.sleep(for: .seconds(60)) } catch { throw .cancelled }
                    }
                }?.code
            }
            #expect(await eventually { world.node.tally["bundle"] > 0 })
            try await Task.sleep(for: .seconds(2))
            let sent = world.node.tally["bundle"]
            try await Task.sleep(for: .seconds(1))
            #expect(world.node.tally["bundle"] == sent, "nothing is sent while nothing is read")
            #expect(sent < 256, "the node is at most 16 MiB ahead")
            #expect(try residentMemory() - before < 48 << 20)
            let other = try await client.getStatus(.init(), timeout: patience)
            #expect(other.version == "1.2.3", "other calls on the connection go on")
            reader.cancel()
            #expect(await reader.value == .cancelled)
            #expect(await eventually { world.node.tally["bundle ended"] == 1 })
            await world.stop()
        }

        @Test("a reader that takes nothing for too long loses the call")
        func deadReader() async throws {
            var limits = ServerLimits()
            limits.sendWait = .seconds(1)
            let world = try World(limits: limits)
            let client = try world.admin()
            let seen = Seen()
            let refusal = await failure { () async throws(CallFailure) in
                try await client.supportBundle(.init(), timeout: nil) {
                    (message) async throws(CallFailure) in
                    seen.bytes += message.data.count
                    guard seen.bytes == message.data.count else { return }
                    do { try await Task.sleep(for: .seconds(4)) } catch { throw .cancelled }
                }
            }
            #expect(refusal?.code == .deadlineExceeded)
            #expect(seen.bytes < 16 << 20)
            #expect(await eventually { world.node.tally["bundle ended"] == 1 })
            await world.stop()
        }

        @Test("a fast reader gets everything: 1 GiB in order")
        func fastReader() async throws {
            let world = try World()
            let client = try world.admin()
            let seen = Seen()
            let start = ContinuousClock.now
            try await client.supportBundle(.init(), timeout: .seconds(100)) { (message) async in
                seen.bytes += message.data.count
            }
            #expect(seen.bytes == 1 << 30)
            print("stream: 1 GiB in \(ContinuousClock.now - start)")
            await world.stop()
        }

        @Test("a stream whose deadline is over ends")
        func deadline() async throws {
            let world = try World()
            let client = try world.admin()
            let refusal = await failure { () async throws(CallFailure) in
                var request = Keel_V1_WatchOperationRequest()
                request.id = String(repeating: "0", count: 32)
                try await client.watchOperation(request, timeout: .milliseconds(300)) { _ async in }
            }
            #expect(refusal?.code == .deadlineExceeded)
            #expect(await eventually { world.node.tally["watched"] == 1 })
            await world.stop()
        }

        @Test("a stream that the gate admits no more ends with its word; other calls go on")
        func review() async throws {
            let world = try World()
            let client = try world.admin()
            let seen = Seen()
            let stream = Task { () async -> CallFailure? in
                await failure { () async throws(CallFailure) in
                    var request = Keel_V1_WatchOperationRequest()
                    request.id = String(repeating: "0", count: 32)
                    try await client.watchOperation(request, timeout: patience) { _ async in
                        seen.bytes += 1
                    }
                }
            }
            #expect(await eventually { seen.bytes > 0 })
            world.gate.end(with: CallFailure(.notAuthenticated, "your time is over"))
            let end = await stream.value
            #expect(end?.code == .unauthenticated)
            #expect(end?.detail.sentence == "your time is over.")
            #expect(world.gate.entries.last?.code == .unauthenticated)
            #expect(try await client.getStatus(.init(), timeout: patience).version == "1.2.3")
            await world.stop()
        }

        @Test("a stream that is refused says why")
        func refused() async throws {
            let world = try World()
            let client = try world.admin()
            let refusal = await failure { () async throws(CallFailure) in
                var request = Keel_V1_WatchOperationRequest()
                request.id = String(repeating: "f", count: 32)
                try await client.watchOperation(request, timeout: patience) { _ async in }
            }
            #expect(refusal?.code == .notFound)
            #expect(refusal?.detail.reason == .notFound)
            await world.stop()
        }
    }
}
