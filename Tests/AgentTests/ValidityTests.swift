import API
import Slots
import Synchronization
import Testing

@testable import Agent

/// Certificates whose time ends while their connection is open.
@Suite("Validity of clients", .timeLimit(.minutes(3)))
struct ValidityTests {
    private let test: TestDaemon
    private let clock = SteppedClock()
    private let day = 86400

    init() throws { test = try TestDaemon() }

    private func status(_ client: NodeClient) async throws -> CallFailure? {
        do throws(CallFailure) {
            _ = try await client.getStatus(.init(), timeout: .patience)
            return nil
        } catch {
            return error
        }
    }

    private func auditLines() throws -> [String] {
        let state = test.node.state
        return try state.list(AuditLog.folder).flatMap { name in
            let bytes = try state.read("\(AuditLog.folder)/\(name)", limit: 8 << 20) ?? []
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    @Test("a certificate is looked at for each call, not only in the handshake")
    func calls() async throws {
        let daemon = try await test.start(clock: clock)
        try await test.bootstrap(daemon)
        let client = try test.client(daemon, test.credentials("keelos:reader", days: 2))
        #expect(try await status(client) == nil)
        for (offset, words) in [(3 * day, "expired at "), (-day, "is not valid before ")] {
            clock.step(to: offset)
            let failure = try #require(try await status(client))
            #expect(failure.code == .unauthenticated)
            #expect(failure.detail.reason == .notAuthenticated)
            #expect(failure.sentence.contains(words), "\(failure.sentence)")
            #expect(failure.sentence.contains("\(clock.now)".prefix(13)), "\(failure.sentence)")
            #expect(Sentences.faults(in: failure.sentence) == [])
        }
        clock.step(to: 0)
        #expect(try await status(client) == nil)
        let lines = try auditLines().filter { $0.contains("\"result\": \"unauthenticated\"") }
        #expect(lines.count == 2 && lines.allSatisfy { $0.contains("CN=ada") })
        client.close()
        await daemon.stop()
    }

    @Test("a stream ends when its client's certificate does, whether anything is sent or not")
    func streams() async throws {
        let daemon = try await test.start(clock: clock)
        try await test.bootstrap(daemon)
        let short = try test.client(daemon, test.credentials("keelos:admin", days: 2))
        let long = try test.client(daemon, test.credentials("keelos:admin", name: "bo", days: 20))
        let operation = try await long.upgrade(
            .with {
                $0.source = "/nowhere"
                $0.notBefore = Int64(Timestamp.now.seconds) + 3600
                $0.requestID = "request-1"
            },
            timeout: .patience
        ).operation
        let tally = Tally()
        func watch(_ client: NodeClient, _ who: String) -> Task<CallFailure?, Never> {
            Task {
                do throws(CallFailure) {
                    try await client.watchOperation(
                        .with { $0.id = operation.id },
                        timeout: .patience
                    ) { _ async in tally.count(who) }
                    return nil
                } catch {
                    return error
                }
            }
        }
        let logs = Task { () async -> CallFailure? in
            do throws(CallFailure) {
                try await short.streamLogs(
                    .with {
                        $0.service = "agent"
                        $0.follow = true
                    },
                    timeout: .patience
                ) { _ async in }
                return nil
            } catch {
                return error
            }
        }
        let (ending, lasting) = (watch(short, "short"), watch(long, "long"))
        try await until("both watch") { tally["short"] > 0 && tally["long"] > 0 }
        let begun = ContinuousClock.now
        clock.step(to: 3 * day)
        for end in [await ending.value, await logs.value] {
            #expect(end?.code == .unauthenticated)
            #expect(end?.sentence.contains("expired at ") == true, "\(end?.sentence ?? "it ended")")
        }
        #expect(ContinuousClock.now - begun < .seconds(10))
        _ = try await long.cancelOperation(.with { $0.id = operation.id }, timeout: .patience)
        #expect(await lasting.value == nil)
        for client in [short, long] { client.close() }
        await daemon.stop()
    }
}

/// Counts what happens.
private final class Tally: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func count(_ what: String) { counts.withLock { $0[what, default: 0] += 1 } }

    subscript(what: String) -> Int { counts.withLock { $0[what] ?? 0 } }
}
