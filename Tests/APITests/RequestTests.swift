import Testing

@testable import API

/// Requests that are not what they should be, byte by byte.
@Suite("Requests", .timeLimit(.minutes(2)))
struct RequestTests {
    private let upgrade = "/keel.v1.NodeService/Upgrade"

    /// How a call with these bytes ends.
    private func send(
        _ bytes: [UInt8]?,
        to path: String = "/keel.v1.NodeService/Upgrade",
        isOpen: Bool = false,
        limits: ServerLimits = .init()
    ) async throws -> (code: StatusCode, words: String, detail: [UInt8]?) {
        let world = try World(limits: limits)
        let client = try RawClient(world, world.clients.client("alice"))
        let end = await client.call(path, bytes, isOpen: isOpen)
        #expect(world.node.tally["upgrade"] == 0)
        client.channel.close()
        await world.stop()
        return end
    }

    @Test(
        "bytes that are no message are INVALID_ARGUMENT",
        arguments: [
            [0xff, 0xff, 0xff],  // no tag
            [0x0a, 0x05, 0x61],  // source: 5 bytes, of which 1 is there
            [0x0a, 0x02, 0xff, 0xfe],  // source: not UTF-8
            [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],  // source: 4 GiB
            [0x08, 0x01],  // source as a number
        ] as [[UInt8]]
    )
    func malformed(bytes: [UInt8]) async throws {
        let end = try await send(bytes)
        // A field of the wrong type is an unknown field, and the source is missing then.
        #expect(end.code == .invalidArgument)
        let detail = try #require(end.detail.flatMap(ErrorTrailer.decode))
        #expect(detail.reason == .badRequest)
        #expect(detail.sentence == end.words)
    }

    @Test("a call without a request is INVALID_ARGUMENT")
    func missing() async throws {
        #expect(try await send(nil).code == .invalidArgument)
    }

    @Test("a request that does not come is not waited for for ever")
    func late() async throws {
        var limits = ServerLimits()
        limits.requestWait = .milliseconds(500)
        let end = try await send(nil, isOpen: true, limits: limits)
        #expect(end.code == .deadlineExceeded)
    }

    @Test("a request of more than 256 KiB is INVALID_ARGUMENT, where 1 MiB is not allowed")
    func large() async throws {
        // field 200, length-delimited, 300,000 bytes
        let padding = [UInt8](repeating: 0, count: 300_000)
        let field: [UInt8] = [0xc2, 0x0c, 0xe0, 0xa7, 0x12] + padding
        let end = try await send(field)
        #expect(end.code == .invalidArgument)
        #expect(end.words == "the request has 300005 bytes, at most 262144 are taken.")
        let bootstrap = try await send(field, to: "/keel.v1.NodeService/Bootstrap")
        #expect(bootstrap.words.hasPrefix("one way to bootstrap must be given"))
    }

    @Test("a path that is no method is UNIMPLEMENTED, and does not pass for another")
    func paths() async throws {
        let world = try World()
        let client = try RawClient(world, world.clients.client("alice"))
        let paths = [
            "/keel.v1.NodeService/", "/keel.v1.NodeService/getstatus", "/GetStatus",
            "/keel.v1.NodeService/grpc.health.v1.Health/Check", "/other.Service/GetStatus",
        ]
        for path in paths { #expect(await client.call(path, []).code == .unimplemented) }
        #expect(
            world.gate.admitted == [
                "keel.v1.NodeService/", "getstatus", "/GetStatus",
                "keel.v1.NodeService/grpc.health.v1.Health/Check", "other.Service/GetStatus",
            ]
        )
        client.channel.close()
        await world.stop()
    }

    @Test("a very long path is cut before anybody looks at it")
    func longPath() {
        let name = Call.method(at: "/a/" + String(repeating: "x", count: 5000))
        #expect(name.utf8.count == 256)
    }

    @Test("an answer that is larger than allowed is INTERNAL, and is not sent")
    func largeAnswer() async throws {
        let world = try World()
        let client = try world.admin()
        let refusal = await failure { () async throws(CallFailure) in
            _ = try await client.listOperations(.init(), timeout: patience)
        }
        #expect(refusal?.code == .internalError)
        await world.stop()
    }

    @Test("one call more than the node takes is RESOURCE_EXHAUSTED, until one ends")
    func tooMany() async throws {
        var limits = ServerLimits()
        limits.calls = 2
        let world = try World(limits: limits)
        let client = try world.admin()
        let slow = (0..<2).map { _ in
            Task {
                var request = Keel_V1_GetHistoryRequest()
                request.limit = 1000
                _ = try await client.getHistory(request, timeout: patience)
            }
        }
        #expect(await eventually { world.node.tally["slow"] == 2 })
        let refusal = await failure { () async throws(CallFailure) in
            _ = try await client.getStatus(.init(), timeout: patience)
        }
        #expect(refusal?.code == .resourceExhausted)
        for task in slow { task.cancel() }
        let isFree = await eventually {
            do { _ = try await client.getStatus(.init(), timeout: patience) } catch { return false }
            return true
        }
        #expect(isFree)
        await world.stop()
    }

    @Test("who makes a call as soon as another was answered is never turned away")
    func quick() async throws {
        var limits = ServerLimits()
        limits.callsPerConnection = 1
        let world = try World(limits: limits)
        let client = try world.admin()
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    do throws(CallFailure) {
                        for _ in 0..<250 { _ = try await client.checkHealth(timeout: patience) }
                    } catch {
                        Issue.record("\(error.code): \(error.sentence)")
                    }
                }
            }
        }
        await world.stop()
    }

    @Test("a call counts against its connection until it is answered, and not until it has ended")
    func counts() {
        var counts = CallCounts(atMost: 3, each: 2)
        #expect(counts.begin("a") == nil)
        #expect(counts.begin("a") == nil)
        let mine = "this connection has 2 calls under way: as many as the node takes."
        let all = "the node has 3 calls under way: as many as it takes."
        #expect(counts.begin("a") == mine)
        #expect(counts.begin("b") == nil)
        #expect(counts.begin("b") == all)
        counts.answer("a")
        #expect(counts.begin("a") == nil)
        // Answers that nobody fetches are bounded too: six in all.
        for _ in 0..<2 {
            counts.answer("b")
            #expect(counts.begin("b") == nil)
        }
        counts.answer("b")
        #expect(counts.begin("b") == all)
        counts.end()
        #expect(counts.begin("b") == nil)
        for connection in ["a", "a", "b"] { counts.answer(connection) }
        for _ in 0..<6 { counts.end() }
        #expect(counts.isEmpty)
    }
}
