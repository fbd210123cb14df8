import API
import Testing

@testable import Agent
@testable import Slots

@Suite("What becomes of an operation that was cut off")
struct RecoveryTests {
    private func node(b state: SlotState, holds: TestRelease?, preferred: Slot = .b) throws -> Node
    {
        let record = BootRecord(preferred: preferred, a: .good, b: state, sequence: 5)
        let copy = RecordCopies.Copy.whole(record)
        func content(_ release: TestRelease) -> SlotContent {
            .whole(
                Release(
                    manifest: release.manifest,
                    statement: release.statement,
                    digest: release.digest
                )
            )
        }
        return Node(
            copies: RecordCopies(copy, copy, copy),
            contents: PerSlot(
                a: content(try TestRelease("1.0.0")),
                b: holds.map(content) ?? .partial
            ),
            boot: .running(.a, lastResort: false)
        )
    }

    private func stored(
        _ phase: Keel_V1_Operation.Phase,
        _ release: TestRelease,
        kind: Order? = nil,
        amend: (inout StoredOperation) -> Void = { _ in }
    ) -> StoredOperation {
        var operation = Keel_V1_Operation()
        operation.id = "00"
        operation.phase = phase
        operation.state = .running
        operation.bootID = "boot-1"
        operation.version = release.manifest.version.description
        operation.digest = release.digest.hex
        operation.target = "b"
        operation.outcome = "It is armed."
        var stored = StoredOperation(
            operation: operation,
            order: kind ?? .upgrade(Keel_V1_UpgradeRequest()),
            isSecretWithheld: false
        )
        stored.operation.kind = stored.order.kind
        amend(&stored)
        return stored
    }

    @Test(
        "before the record was touched the work is taken up, in this boot or the next",
        arguments: [.waiting, .verifying, .scanning, .writing, .proving]
            as [Keel_V1_Operation.Phase]
    )
    func early(phase: Keel_V1_Operation.Phase) throws {
        let release = try TestRelease("2.0.0")
        let node = try node(b: .none, holds: nil, preferred: .a)
        for boot in ["boot-1", "boot-2"] {
            #expect(Recovery.decide(stored(phase, release), node: node, bootID: boot) == .takeUp)
        }
        let tired = stored(phase, release) { $0.takenUp = Recovery.limit }
        guard case .interrupted(let words) = Recovery.decide(tired, node: node, bootID: "boot-1")
        else { throw Unexpected(what: "it is taken up for ever") }
        #expect(words.contains("4 times"))
    }

    @Test("without its secret an operation is not taken up, and says what is true")
    func secret() throws {
        let stored = stored(.writing, try TestRelease("2.0.0")) { $0.isSecretWithheld = true }
        let decision = Recovery.decide(
            stored,
            node: try node(b: .none, holds: nil, preferred: .a),
            bootID: "boot-1"
        )
        guard case .interrupted(let words) = decision else { throw Unexpected(what: "\(decision)") }
        #expect(words.contains("secret is not kept"))
        #expect(words.contains("Slot b is not bootable"))
        #expect(words.hasSuffix("Slot a runs 1.0.0 and boots next."))
    }

    @Test("a dry run that was cut off has written nothing and is not repeated")
    func dryRun() throws {
        var request = Keel_V1_UpgradeRequest()
        request.dryRun = true
        let stored = stored(.scanning, try TestRelease("2.0.0"), kind: .upgrade(request))
        let decision = Recovery.decide(
            stored,
            node: try node(b: .none, holds: nil, preferred: .a),
            bootID: "boot-1"
        )
        #expect(decision == .interrupted("The agent ended. Nothing was written."))
    }

    @Test("an armed record is not armed again: the step was done")
    func armed() throws {
        let release = try TestRelease("2.0.0")
        let armed = try node(b: .tries(3), holds: release)
        let outcome = "2.0.0 is installed. " + armed.bootSentence
        #expect(
            Recovery.decide(stored(.activating, release), node: armed, bootID: "boot-1")
                == .finished(outcome)
        )
        var request = Keel_V1_UpgradeRequest()
        request.reboot = .now
        #expect(
            Recovery.decide(
                stored(.activating, release, kind: .upgrade(request)),
                node: armed,
                bootID: "boot-1"
            ) == .reboot(outcome)
        )
        let notYet = try node(b: .none, holds: release, preferred: .a)
        #expect(
            Recovery.decide(stored(.activating, release), node: notYet, bootID: "boot-1") == .takeUp
        )
    }

    @Test("after a restart in the middle a trial is not started a second time")
    func restarted() throws {
        let release = try TestRelease("2.0.0")
        let tried = try node(b: .failed, holds: release, preferred: .a)
        guard
            case .finished(let words) = Recovery.decide(
                stored(.activating, release),
                node: tried,
                bootID: "boot-2"
            )
        else { throw Unexpected(what: "it is armed again") }
        #expect(words.contains("restarted"))
    }

    @Test("a reboot that came ends the operation; one that did not is asked for again")
    func rebooting() throws {
        let release = try TestRelease("2.0.0")
        let node = try node(b: .tries(2), holds: release)
        let stored = stored(.rebooting, release)
        #expect(Recovery.decide(stored, node: node, bootID: "boot-1") == .reboot("It is armed."))
        guard case .finished = Recovery.decide(stored, node: node, bootID: "boot-2") else {
            throw Unexpected(what: "the restart was not seen")
        }
    }

    @Test("a rollback that was cut off while it changed the record says what is true")
    func rollback() throws {
        let release = try TestRelease("2.0.0")
        let stored = stored(.activating, release, kind: .rollback(Keel_V1_RollbackRequest()))
        let node = try node(b: .tries(3), holds: release)
        #expect(
            Recovery.decide(stored, node: node, bootID: "boot-1")
                == .interrupted("The agent ended while it went back. " + node.bootSentence)
        )
    }
}
