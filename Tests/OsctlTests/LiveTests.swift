import API
import Slots
import Testing
import Trust

@testable import osctl

/// The half of osctl that speaks, with a node that answers over real TLS.
@Suite("Asking nodes", .serialized, .timeLimit(.minutes(2)))
struct LiveTests {
    func status(_ boot: String, _ version: String) -> Keel_V1_GetStatusResponse {
        var status = Keel_V1_GetStatusResponse()
        status.bootID = boot
        status.version = version
        status.digest = "digest of \(version)"
        status.standing = .trusted
        status.running = "a"
        status.next = "b"
        status.machineID = "m1"
        return status
    }

    func operation(
        _ state: Keel_V1_Operation.State,
        _ phase: Keel_V1_Operation.Phase
    ) -> Keel_V1_Operation {
        var operation = Keel_V1_Operation()
        operation.id = String(repeating: "0", count: 32)
        operation.kind = .upgrade
        operation.state = state
        operation.phase = phase
        operation.source = "https://h/r"
        operation.version = "2.0.0"
        operation.digest = "digest of 2.0.0"
        return operation
    }

    func operating(reboots: Bool = false, seconds: Int = 30) throws -> Operating {
        var wait = WaitOptions()
        wait.wait = true
        wait.timeout = Stretch(seconds: seconds)
        return Operating(wait, reboots: reboots)
    }

    var request: Keel_V1_UpgradeRequest {
        var request = Keel_V1_UpgradeRequest()
        request.source = "https://h/r"
        request.requestID = "request-1"
        return request
    }

    func upgrade(
        _ state: FakeNode.State,
        reboots: Bool = false,
        seconds: Int = 30
    ) async throws -> (Result<Operating.Outcome, CommandError>, [Keel_V1_UpgradeRequest]) {
        let lab = try Lab(state)
        let (operating, request) = (try operating(reboots: reboots, seconds: seconds), request)
        let result = try await lab.ask { (session) throws(CommandError) in
            try await operating.run(session) { (session) throws(CommandError) in
                try await NodeUpgrade.start(session, request)
            }
        }
        let requests = lab.node.state.withLock { $0.requests }
        await lab.stop()
        return (result, requests)
    }

    @Test("a fingerprint that was typed once is remembered")
    func remembered() async throws {
        let lab = try Lab(FakeNode.State(statuses: [status("b1", "1.0.0")]))
        let first = try await lab.ask { (session) throws(CommandError) in try await session.status()
        }
        #expect(try first.get().version == "1.0.0")
        let again = try await lab.fleet { $0.fingerprint = nil }
        let asked = await again.ask { (session) throws(CommandError) in try await session.status() }
        #expect(try asked[0].result.get().version == "1.0.0")
        await lab.stop()
    }

    @Test("a node nobody knows is refused where nobody can be asked, with its fingerprint")
    func stranger() async throws {
        let lab = try Lab()
        let fleet = try await lab.fleet { $0.fingerprint = nil }
        let asked = await fleet.ask { (session) throws(CommandError) in try await session.status() }
        guard case .failure(let error) = asked[0].result else {
            Issue.record("a stranger was asked")
            return
        }
        #expect(lab.node.state.withLock { $0.asked } == 0)
        #expect(error.kind == .refused)
        #expect(error.sentence.contains(lab.fingerprint.hex))
        await lab.stop()
    }

    @Test("a node with another certificate is told from one that is away")
    func otherCertificate() async throws {
        let lab = try Lab(FakeNode.State(statuses: [status("b1", "1.0.0")]))
        let wrong = Digest([UInt8](repeating: 1, count: 32).span)
        let fleet = try await lab.fleet { $0.fingerprint = wrong.hex }
        let asked = await fleet.ask { (session) throws(CommandError) in try await session.status() }
        guard case .failure(.setup(.otherCertificate(_, wrong.hex, let found))) = asked[0].result
        else {
            Issue.record("\(asked[0].result)")
            return
        }
        #expect(found == lab.fingerprint.hex)
        #expect(lab.node.state.withLock { $0.asked } == 0)
        await lab.stop()
    }

    @Test("many nodes are asked at once but not all, and answered in the order given")
    func many() async throws {
        let lab = try Lab(FakeNode.State(statuses: [status("b1", "1.0.0")]))
        let endpoints = try (0..<80).map { _ in try Endpoint(lab.endpoint) }
        let fleet = Fleet(
            members: endpoints.map {
                Fleet.Member(endpoint: $0, acquaintance: .pinned(lab.fingerprint))
            },
            credentials: nil,
            known: try KnownNodes(lab.home)
        )
        let asked = await fleet.ask { (session) throws(CommandError) in try await session.status() }
        #expect(asked.count == 80)
        #expect(asked.allSatisfy { (try? $0.result.get()) != nil })
        let most = lab.node.state.withLock { $0.mostAtOnce }
        #expect((2...Fleet.width).contains(most))
        await lab.stop()
    }

    @Test("an operation is watched to its end, over a line that breaks")
    func broken() async throws {
        let (result, _) = try await upgrade(
            FakeNode.State(
                statuses: [status("b1", "1.0.0")],
                streams: [
                    [operation(.running, .writing)], [],
                    [operation(.running, .proving), operation(.succeeded, .done)],
                ],
                upgrades: [.success(operation(.running, .verifying))]
            )
        )
        #expect(try result.get().operation.state == .succeeded)
    }

    @Test("of a node that falls silent for good nobody says that its operation goes on")
    func silent() async throws {
        let (result, _) = try await upgrade(
            FakeNode.State(
                statuses: [status("b1", "1.0.0")],
                streams: [[operation(.running, .writing)], []],
                upgrades: [.success(operation(.running, .verifying))]
            ),
            seconds: 3
        )
        guard case .failure(let error) = result else {
            Issue.record("it succeeded")
            return
        }
        #expect(error.kind == .unknown)
        #expect(error.sentence.contains("the node does not answer (last seen: upgrade to 2.0.0"))
    }

    @Test("a request that nobody answered is sent again under the same name")
    func again() async throws {
        let (result, requests) = try await upgrade(
            FakeNode.State(
                statuses: [status("b1", "1.0.0")],
                streams: [[operation(.succeeded, .done)]],
                upgrades: [
                    .failure(CallFailure(code: .unavailable, "cut")),
                    .success(operation(.running, .verifying)),
                ]
            )
        )
        #expect(try result.get().operation.state == .succeeded)
        #expect(requests.map(\.requestID) == ["request-1", "request-1"])
    }

    @Test("the same upgrade that runs already is watched, another one is refused")
    func busy() async throws {
        var detail = Keel_V1_ErrorDetail()
        detail.reason = .busy
        detail.sentence = "an upgrade runs"
        detail.operation = operation(.running, .writing)
        let state = FakeNode.State(
            statuses: [status("b1", "1.0.0")],
            streams: [[operation(.succeeded, .done)]],
            upgrades: [.failure(CallFailure(detail))]
        )
        #expect(try await upgrade(state).0.get().operation.state == .succeeded)
        detail.operation.source = "https://h/other"
        var other = state
        other.upgrades = [.failure(CallFailure(detail))]
        guard case .failure(let error) = try await upgrade(other).0 else {
            Issue.record("another upgrade was watched")
            return
        }
        #expect(error.kind == .busy)
    }

    @Test("a failed operation fails the command by its reason")
    func failed() async throws {
        var end = operation(.failed, .done)
        end.error.reason = .releaseRefused
        end.error.sentence = "the release is for another board"
        let (result, _) = try await upgrade(
            FakeNode.State(
                statuses: [status("b1", "1.0.0")],
                streams: [[end]],
                upgrades: [.success(operation(.running, .verifying))]
            )
        )
        guard case .failure(let error) = result else {
            Issue.record("it succeeded")
            return
        }
        #expect(error.kind == .refused)
    }
}
