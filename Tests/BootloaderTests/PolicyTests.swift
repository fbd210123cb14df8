import Glibc
import Simulator
import Slots
import Testing

@Suite("Boot policy")
struct PolicyTests {
    @Test("real GRUB chooses, tells and writes what the model does, on every kind of record")
    func modelIsThePolicy() throws {
        let seed = number("KEEL_SEED") ?? UInt64.random(in: 0..<1_000_000)
        let cases = Self.drawn(seed: seed, all: number("KEEL_ALL") == 1)
        print("boot policy: \(cases.count) rows, seed \(seed)")
        let answers = try RealLoader.answers(to: cases)
        for (number, bootCase) in cases.enumerated() {
            let expected = Self.model(bootCase)
            #expect(answers[number] == expected, "\(bootCase.name), seed \(seed)")
        }
    }

    /// A core of every eleventh row, and ten more drawn by the seed.
    private static func drawn(seed: UInt64, all: Bool) -> [BootCase] {
        let every = BootCase.all(seed: seed)
        if all { return every }
        var generator = SeededGenerator(seed: seed)
        let core = every.indices.filter { $0.isMultiple(of: 17) }
        let drawn = (0..<8).map { _ in Int.random(in: every.indices, using: &generator) }
        return Set(core + drawn).sorted().map { every[$0] }
    }

    /// What the simulator's firmware does with the case.
    private static func model(_ bootCase: BootCase) -> RealLoader.Answer {
        final class Copies {
            var bytes: [[UInt8]?]
            init(_ bytes: [[UInt8]?]) { self.bytes = bytes }
        }
        let copies = Copies(bootCase.copies)
        let firmware = Firmware(
            read: { copies.bytes[$0] },
            write: { copy, bytes in
                copies.bytes[copy] = bytes
                return true
            },
            load: { bootCase.loads[$0] }
        )
        let choice = firmware.boot()
        let state =
            switch choice?.state {
            case .good: "good"
            case .trial(let left): "trial\(left)"
            case .lastResort: "lastresort"
            case nil: "-"
            }
        return RealLoader.Answer(
            slot: choice?.slot.recordName ?? "-",
            state: state,
            copies: copies.bytes
        )
    }

    private func number(_ name: String) -> UInt64? {
        // Sound: nothing changes the environment, and the text is copied at once.
        unsafe getenv(name).flatMap { unsafe UInt64(String(cString: $0)) }
    }
}
