import Foundation
import Testing

@testable import API

extension Heavy {
    /// Clients that mean no good.
    @Suite("Hostile clients", .timeLimit(.minutes(3)), .serialized)
    struct HostileTests {
        private func run(_ world: World, _ words: String...) async throws -> String {
            let arguments = words.map { $0 == "PORT" ? "\(world.server.port)" : $0 }
            let outcome = await (try PeerProgram("hostile.py", arguments)).finish()
            #expect(outcome.status == 0, "\(outcome.text)")
            return outcome.text.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        private func isServing(_ world: World, isOpen: Bool = false) async -> Bool {
            do {
                let client = isOpen ? try world.client(nil) : try world.admin()
                return try await client.getStatus(.init(), timeout: patience).version == "1.2.3"
            } catch {
                return false
            }
        }

        @Test("HTTP/2 without TLS is refused, at both doors", arguments: [true, false])
        func plaintext(isOpen: Bool) async throws {
            let world = try World(isOpen: isOpen)
            #expect(try await run(world, "plaintext", "PORT") == "refused")
            #expect(await isServing(world, isOpen: isOpen))
            await world.stop()
        }

        @Test("TLS 1.1 is refused, TLS 1.2 and 1.3 are spoken")
        func versions() async throws {
            let world = try World(isOpen: true)
            #expect(try await run(world, "tls", "1.1", "PORT") == "refused")
            #expect(try await run(world, "tls", "1.2", "PORT") == "accepted TLSv1.2")
            #expect(try await run(world, "tls", "1.3", "PORT") == "accepted TLSv1.3")
            await world.stop()
        }

        @Test("noise is refused, and the node goes on")
        func garbage() async throws {
            let world = try World()
            #expect(try await run(world, "garbage", "PORT", "7") == "refused 200")
            #expect(await isServing(world))
            #expect(world.gate.entries.count == 1)
            await world.stop()
        }

        @Test("noise inside TLS ends the connection, and the node goes on")
        func noise() async throws {
            let world = try World(isOpen: true)
            #expect(try await run(world, "noise", "PORT", "7") == "ended 50")
            #expect(await isServing(world, isOpen: true))
            await world.stop()
        }

        @Test("a thousand half-open connections keep nobody out, cost little, and are closed")
        func halfOpen() async throws {
            var limits = ServerLimits()
            limits.handshake = .seconds(4)
            let world = try World(limits: limits)
            #expect(await isServing(world))
            let before = try residentMemory()
            let program = try PeerProgram(
                "hostile.py",
                ["half-open", "\(world.server.port)", "1000"]
            )
            #expect(await program.readLine() == "open 1000\n")
            #expect(await isServing(world))
            #expect(await isServing(world))
            let cost = try residentMemory() - before
            print("half-open: 1000 connections cost \(cost >> 10) KiB")
            #expect(cost < 160 << 20)
            try await Task.sleep(for: .seconds(6))
            try program.closeInput()
            let outcome = await program.finish()
            #expect(outcome.text == "closed 1000\n")
            #expect(await isServing(world))
            let start = ContinuousClock.now
            await world.stop()
            #expect(ContinuousClock.now - start < .seconds(5))
        }

        @Test("what the core has to say about refused clients comes at most ten times a second")
        func log() async throws {
            let tally = Tally()
            CoreLog.deliver { _ in tally.count("line") }
            let world = try World()
            #expect(try await run(world, "garbage", "PORT", "9") == "refused 200")
            #expect(tally["line"] > 0)
            #expect(tally["line"] < 200)
            CoreLog.deliver { _ in }
            await world.stop()
        }
    }
}
