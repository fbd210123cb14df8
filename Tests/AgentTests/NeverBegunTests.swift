import Testing

@testable import Slots

@Suite("Slots that never began to boot")
struct NeverBegunTests {
    private let release: Release

    init() throws {
        let made = try TestRelease("2.0.0")
        release = Release(
            manifest: made.manifest,
            statement: made.statement,
            digest: made.digest
        )
    }

    private func node(_ state: SlotState) -> Node {
        let record = BootRecord(preferred: .a, a: .good, b: state, sequence: 7)
        let copy = RecordCopies.Copy.whole(record)
        return Node(
            copies: RecordCopies(copy, copy, copy),
            contents: PerSlot(a: .empty, b: .whole(release)),
            boot: .running(.a, lastResort: false)
        )
    }

    private func boot(_ slot: Slot, digest: Digest?) -> BootEntry {
        var entry = BootEntry(bootID: "x", slot: slot, state: "trial1")
        entry.digest = digest
        return entry
    }

    @Test("one that was given up and of whose release no boot is known is told")
    func told() {
        let others = [
            boot(.a, digest: release.digest),
            boot(.b, digest: Digest([UInt8](repeating: 1, count: 32).span)),
        ]
        for boots in [[], others] {
            let remarks = node(.failed).neverBegun(among: boots)
            #expect(remarks.count == 1)
            #expect(remarks.first?.hasPrefix("Slot b (2.0.0) was given up, and no boot") == true)
        }
    }

    @Test("one that began, or was not given up, or may have begun, is not")
    func untold() {
        #expect(node(.failed).neverBegun(among: [boot(.b, digest: release.digest)]).isEmpty)
        #expect(node(.failed).neverBegun(among: [boot(.b, digest: nil)]).isEmpty)
        for state in [SlotState.good, .tries(1), .none] {
            #expect(node(state).neverBegun(among: []).isEmpty)
        }
    }
}
