import Synchronization
import Testing

@testable import API

extension Heavy {
    /// A port that the core has given up: its words come from a test here, and from a process
    /// without descriptors in `Tests/Agent/abuse.py`.
    @Suite("Deafness", .timeLimit(.minutes(2)), .serialized)
    struct DeafnessTests {
        private let words = "\(Deafness.mark)4: Too many open files"

        private func makeDeaf(_ world: World) async -> Bool {
            let before = world.notices.all.count
            Deafness.read(words)
            return await eventually { world.notices.all.count == before + 2 }
        }

        @Test("another listener takes the port over; a stream of the old one goes on")
        func takesOver() async throws {
            let world = try World()
            let client = try world.admin()
            let tally = Tally()
            let stream = Task { () async -> CallFailure? in
                await failure { () async throws(CallFailure) in
                    var request = Keel_V1_WatchOperationRequest()
                    request.id = String(repeating: "0", count: 32)
                    try await client.watchOperation(request, timeout: nil) { _ async in
                        tally.count("message")
                    }
                }
            }
            #expect(await eventually { tally["message"] > 0 })
            #expect(await makeDeaf(world))
            #expect(world.notices.all == [.deaf(words), .hears])
            let before = tally["message"]
            #expect(await eventually { tally["message"] > before + 20 })
            let other = try world.admin()
            #expect(try await other.getStatus(.init(), timeout: patience).version == "1.2.3")
            // Its client CA is changed as well, although it is not the listener in force.
            var identity = world.store.current.identity
            identity.clientCA = Authority("others").certificate.pem
            world.store.replace(identity)
            #expect(await stream.value?.code == .unauthenticated)
            let begun = ContinuousClock.now
            await world.stop()
            #expect(ContinuousClock.now - begun < .seconds(5))
        }

        @Test("it happens again and again, at both doors, and the server still stops")
        func often() async throws {
            for isOpen in [true, false] {
                let world = try World(isOpen: isOpen)
                for _ in 0..<3 {
                    #expect(await makeDeaf(world))
                    let client = try world.client(isOpen ? nil : world.clients.client("alice"))
                    _ = try await client.getStatus(.init(), timeout: patience)
                    client.close()
                }
                let begun = ContinuousClock.now
                await world.stop()
                #expect(ContinuousClock.now - begun < .seconds(5))
            }
        }

        @Test("a server that was stopped listens no more")
        func stopped() async throws {
            let world = try World()
            Deafness.read(words)
            await world.stop()
            let client = try world.admin()
            try await Task.sleep(for: .milliseconds(1500))
            let end = await failure { () async throws(CallFailure) in
                _ = try await client.getStatus(.init(), timeout: patience)
            }
            #expect(end?.code == .unavailable)
        }

        @Test("what else the core says makes no port deaf")
        func otherLines() async throws {
            let world = try World()
            Deafness.read("Handshake failed with fatal error SSL_ERROR_SSL")
            try await Task.sleep(for: .milliseconds(200))
            #expect(world.notices.all.isEmpty)
            await world.stop()
        }
    }
}

/// What servers said of themselves.
final class Notices: Sendable {
    private let said = Mutex<[NodeServer.Notice]>([])

    var all: [NodeServer.Notice] { said.withLock { $0 } }

    func add(_ notice: NodeServer.Notice) { said.withLock { $0.append(notice) } }
}
