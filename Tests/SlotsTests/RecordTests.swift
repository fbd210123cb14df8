import Simulator
import Slots
import Testing

@Suite("Boot record")
struct RecordTests {
    private static let states: [SlotState] = [
        .good, .tries(3), .tries(2), .tries(1), .failed, .none,
    ]

    @Test("every record is read back from its bytes, within the first 512 of 1024")
    func roundTrip() {
        for preferred in Slot.allCases {
            for a in Self.states {
                for b in Self.states {
                    for sequence in [0, 7, BootRecord.sequenceLimit] {
                        let record = BootRecord(
                            preferred: preferred,
                            a: a,
                            b: b,
                            sequence: sequence
                        )
                        let bytes = record.encoded()
                        #expect(bytes.count == 1024)
                        #expect(bytes[512...].allSatisfy { $0 == UInt8(ascii: "#") })
                        #expect(BootRecord(parsing: bytes) == record)
                    }
                }
            }
        }
    }

    @Test("GRUB's own way of saving gives the bytes we would write, for every count-down")
    func savedByGRUB() throws {
        for other in Self.states {
            for (before, after) in [(SlotState.tries(3), SlotState.tries(2)), (.tries(1), .failed)]
            {
                let old = BootRecord(preferred: .b, a: other, b: before, sequence: 12)
                let new = BootRecord(preferred: .b, a: other, b: after, sequence: 12)
                let saved = try #require(
                    GrubEnvironment.set([("B", after.recordText)], in: old.encoded())
                )
                #expect(saved == new.encoded())
            }
        }
    }

    @Test("the copy in force is env0 unless it is lost or env1 is newer; env2 is the last word")
    func inForce() {
        let old = BootRecord(preferred: .a, a: .good, b: .tries(3), sequence: 4)
        let new = BootRecord(preferred: .b, a: .good, b: .tries(2), sequence: 5)
        func source(_ copies: RecordCopies) -> RecordCopies.Source? { copies.inForce?.source }
        #expect(source(RecordCopies(.whole(old), .whole(old), .damaged)) == .env0)
        #expect(source(RecordCopies(.whole(old), .whole(new), .damaged)) == .env1)
        #expect(source(RecordCopies(.whole(new), .whole(old), .damaged)) == .env0)
        #expect(source(RecordCopies(.missing, .worn(old), .whole(new))) == .env1)
        let last = RecordCopies(.damaged, .missing, .whole(new))
        #expect(last.inForce?.source == .env2)
        #expect(last.inForce?.record[.b] == .failed)
        #expect(source(RecordCopies(.damaged, .missing, .damaged)) == nil)
    }

    @Test("fuzz: any damage to a block is read as GRUB would or is lost, and never traps")
    func fuzz() {
        var generator = SeededGenerator(seed: Settings.firstSeed)
        let good = BootRecord(preferred: .b, a: .good, b: .tries(3), sequence: 41).encoded()
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1..<5, using: &generator) {
                let place = Int.random(in: 0..<100, using: &generator)
                bytes[place] =
                    [92, 10, 35, 61, 0, .random(in: .min ... .max, using: &generator)]
                    .randomElement(using: &generator) ?? 0
            }
            _ = BootRecord(parsing: bytes)
            _ = GrubEnvironment.set([("B", "failed"), ("NEW", "x")], in: bytes)
        }
        #expect(BootRecord(parsing: good) != nil)
    }
}
