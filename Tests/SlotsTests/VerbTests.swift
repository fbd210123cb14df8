import Slots
import Testing

/// The three verbs on a store in memory, one at a time.
@Suite("Boot loader verbs")
struct VerbTests {
    /// Three copies in memory; one of them may refuse to be written.
    private final class Store: RecordStore {
        var copies: [[UInt8]]
        var refuses: Int?
        /// Says that it took what it did not take.
        var drops: Set<Int> = []
        var writes = 0

        init(_ record: BootRecord) { copies = Array(repeating: record.encoded(), count: 3) }

        func readCopy(_ copy: Int) throws(RecordStoreError) -> [UInt8] { copies[copy] }

        func writeCopy(_ copy: Int, _ block: [UInt8]) throws(RecordStoreError) {
            writes += 1
            guard copy != refuses else { throw .device(DeviceError(.write, at: 0, code: 5)) }
            if !drops.contains(copy) { copies[copy] = block }
        }
    }

    private let settled = BootRecord(preferred: .a, a: .good, b: .tries(3), sequence: 41)

    @Test("every verb raises the sequence above that of every copy")
    func sequenceRises() throws {
        for verb in 0..<3 {
            let store = Store(settled)
            store.copies[1] =
                BootRecord(preferred: .a, a: .good, b: .none, sequence: 57).encoded()
            let loader = RecordBootLoader(store: store)
            switch verb {
            case 0: try loader.revoke(.b, as: .none)
            case 1: try loader.arm(.b, attempts: 3)
            default: try loader.trust(.a, closing: false)
            }
            let found = loader.copies().copies.prefix(2).compactMap { $0.record?.sequence }
            #expect(found == [58, 58], "verb \(verb)")
        }
    }

    @Test("a change that only env1 took is in force all the same, because it is newer")
    func onlyTheSecondCopy() throws {
        let store = Store(settled)
        store.refuses = 0
        let loader = RecordBootLoader(store: store)
        try loader.trust(.b, closing: false)
        #expect(loader.copies().inForce?.record[.b] == .good)
        #expect(loader.copies().inForce?.source == .env1)
    }

    @Test("a copy that only says it took a write is found by reading it back", arguments: 0..<3)
    func droppedWrite(copy: Int) {
        let store = Store(settled)
        store.drops = [copy]
        let loader = RecordBootLoader(store: store)
        #expect(throws: BootLoaderError.copiesFailed([copy], inForce: true)) {
            try loader.revoke(.b, as: .none)
        }
        store.drops = [0, 1]
        #expect(throws: BootLoaderError.copiesFailed([0, 1], inForce: false)) {
            try loader.arm(.b, attempts: 2)
        }
    }

    @Test("repair writes lost and stale copies anew, and a second one writes nothing")
    func repair() throws {
        let old = BootRecord(preferred: .a, a: .good, b: .none, sequence: 40).encoded()
        for (copy, bytes) in [(0, []), (1, []), (2, []), (0, old), (1, old)] as [(Int, [UInt8])] {
            let store = Store(settled)
            store.copies[2] =
                BootRecord(preferred: .a, a: .good, b: .none, sequence: 41).encoded()
            store.copies[copy] = bytes
            let loader = RecordBootLoader(store: store)
            try loader.repair()
            let found = loader.copies().copies
            #expect(found[0] == .whole(settled) && found[1] == .whole(settled), "copy \(copy)")
            #expect(found[2].record?[.a] == .good && found[2].record?[.b] == SlotState.none)
            let writes = store.writes
            #expect(writes == 1, "copy \(copy)")
            try loader.repair()
            #expect(store.writes == writes, "copy \(copy)")
        }
    }

    @Test("the last trusted slot is not revoked, and nothing is written")
    func lastTrusted() {
        for other in [SlotState.none, .failed, .tries(2)] {
            let store = Store(BootRecord(preferred: .a, a: .good, b: other, sequence: 3))
            let loader = RecordBootLoader(store: store)
            #expect(throws: BootLoaderError.nothingTrustedLeft) {
                try loader.revoke(.a, as: .none)
            }
            #expect(store.writes == 0)
        }
    }
}
