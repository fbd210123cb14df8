import Slots
import Testing

@testable import Slots

/// The rollback table of the design, row by row, over every state of the other slot.
@Suite("Rollback")
struct RollbackTests {
    private func node(
        running: SlotState,
        other: SlotState,
        preferred: Slot = .a,
        boot: Boot = .running(.a, lastResort: false)
    ) -> Node {
        let record = BootRecord(preferred: preferred, a: running, b: other, sequence: 1)
        let copies = RecordCopies(.whole(record), .whole(record), .whole(record))
        return Node(copies: copies, contents: PerSlot(a: .empty, b: .empty), boot: boot)
    }

    private func step(
        _ node: Node,
        retries: Bool = false
    ) -> Result<RollbackStep, RollbackRefusal> {
        Result { () throws(RollbackRefusal) in
            try node.rollbackStep(floor: 1, retriesQuarantined: retries, verdict: .unhealthy)
        }
    }

    @Test("trusted, other armed: the running slot is preferred again")
    func armed() {
        for left in 1...3 {
            let node = node(running: .good, other: .tries(left), preferred: .b)
            #expect(step(node) == .success(.prefer(.a)))
        }
    }

    @Test("trusted, other failed: refused with the recorded verdict")
    func failed() {
        let refusal = RollbackRefusal.otherFailed(.b, reason: .unhealthy)
        #expect(step(node(running: .good, other: .failed)) == .failure(refusal))
    }

    @Test("trusted, other none or holding nothing: refused, nothing bootable there")
    func nothing() {
        #expect(step(node(running: .good, other: .none)) == .failure(.nothingThere(.b)))
        #expect(step(node(running: .good, other: .good)) == .failure(.nothingThere(.b)))
    }

    @Test("on trial, other good: the running slot is given up")
    func onTrial() {
        for state in [SlotState.tries(2), .tries(1), .failed] {
            #expect(step(node(running: state, other: .good)) == .success(.abandon(.a)))
        }
    }

    @Test("on trial or last resort, other not good: refused, only this one boots")
    func onlyThisBoots() {
        for other in [SlotState.tries(3), .failed, .none] {
            #expect(
                step(node(running: .tries(2), other: other)) == .failure(.onlyThisBoots(.a))
            )
        }
        let boot = Boot.running(.a, lastResort: true)
        #expect(
            step(node(running: .failed, other: .none, boot: boot)) == .failure(.onlyThisBoots(.a))
        )
    }

    @Test("nothing that boots on a workbench: refused")
    func nothingRuns() {
        let node = node(running: .failed, other: .none, boot: .offline)
        #expect(step(node) == .failure(.nothingRuns))
    }
}
