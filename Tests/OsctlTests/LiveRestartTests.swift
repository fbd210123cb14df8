import API
import Slots
import Testing
import Trust

@testable import osctl

/// The same node, across restarts, and its audit log.
extension LiveTests {
    @Test("across a restart the command ends when the release is trusted")
    func upgraded() async throws {
        var trial = status("b2", "2.0.0")
        trial.standing = .onTrial
        let (result, _) = try await upgrade(
            FakeNode.State(
                statuses: [status("b1", "1.0.0"), nil, trial, status("b2", "2.0.0")],
                streams: [[operation(.running, .rebooting)]],
                upgrades: [.success(operation(.running, .verifying))]
            ),
            reboots: true
        )
        #expect(try result.get().ending == .upgraded("2.0.0"))
    }

    @Test("a release that did not hold is told with the reason from the history")
    func rolledBack() async throws {
        var entry = Keel_V1_HistoryEntry()
        entry.event = "fail"
        entry.digest = "digest of 2.0.0"
        entry.reason = "unhealthy"
        var history = Keel_V1_GetHistoryResponse()
        history.entries = [entry]
        let (result, _) = try await upgrade(
            FakeNode.State(
                statuses: [status("b1", "1.0.0"), nil, status("b3", "1.0.0")],
                streams: [[operation(.running, .rebooting)]],
                upgrades: [.success(operation(.running, .verifying))],
                history: history
            ),
            reboots: true
        )
        guard case .failure(let error) = result else {
            Issue.record("it succeeded")
            return
        }
        #expect(error.kind == .rolledBack)
        #expect(error.sentence.contains("(unhealthy)"))
    }

    @Test("an upgrade that needed no restart does not wait for one")
    func unchanged() async throws {
        let (result, _) = try await upgrade(
            FakeNode.State(
                statuses: [status("b1", "1.0.0")],
                streams: [[operation(.succeeded, .done)]],
                upgrades: [.success(operation(.running, .verifying))]
            ),
            reboots: true
        )
        #expect(try result.get().ending == nil)
    }

    @Test("an audit log is checked line by line, and against what was seen before")
    func audit() async throws {
        var lines: [AuditLine] = []
        for number in 0..<5 {
            lines.append(
                AuditLine(
                    number: number,
                    after: lines.last?.hash ?? AuditChain.Head.empty.hash,
                    hashing: OpenSSLHashing()
                ) { $0.add("method", "GetStatus") }
            )
        }
        func state(_ lines: [AuditLine]) -> FakeNode.State {
            var status = status("b1", "1.0.0")
            status.audit.count = UInt64(lines.count)
            status.audit.hash = lines.last?.hash.hex ?? ""
            return FakeNode.State(statuses: [status], lines: lines.map(\.bytes))
        }
        let lab = try Lab(state(lines))
        func check() async throws -> Result<AuditCheck.Report, CommandError> {
            try await lab.ask { (session) throws(CommandError) in
                try await AuditCheck(session).run()
            }
        }
        #expect(try await check().get().head.count == 5)
        lab.node.state.withLock { $0 = state(Array(lines.dropLast())) }
        guard case .failure(.audit(.shortened(4, 5))) = try await check() else {
            Issue.record("a shortened log was not noticed")
            return
        }
        lab.node.state.withLock { $0.lines = [lines[0].bytes, lines[2].bytes] }
        guard case .failure(.audit(.wrongNumber(2, 1))) = try await check() else {
            Issue.record("a removed line was not noticed")
            return
        }
        await lab.stop()
    }
}
