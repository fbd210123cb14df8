import Simulator
import Slots

/// One power-on: what lies in the copies, and which slots can be loaded.
struct BootCase: Sendable, CustomStringConvertible {
    let name: String
    let sectorSize: Int
    let loads: PerSlot<Firmware.Load>
    /// `nil` for a missing file.
    let copies: [[UInt8]?]

    var description: String { name }

    /// The line `bootloader/answer.py` reads.
    func line(_ number: Int) -> String {
        let slots = Slot.allCases.map { slot in
            switch loads[slot] {
            case .whole: slot.recordName
            case .damaged: slot.recordName.lowercased()
            case .impossible: "-"
            }
        }
        .joined()
        let bytes = copies.map { $0?.hex ?? "-" }
        return "\(number) \(sectorSize) \(slots) \(bytes.joined(separator: " "))"
    }

    /// Every case there is; the first of them are the core.
    static func all(seed: UInt64) -> [BootCase] { states + damagedSlots + damages(seed: seed) }

    private static let everyState: [SlotState] = [
        .good, .tries(3), .tries(2), .tries(1), .failed, .none,
    ]

    /// Every order and every pair of states, all copies equal but for the last word.
    private static let states: [BootCase] = [512, 4096].flatMap { sectorSize in
        [Slot.a, .b].flatMap { preferred in
            everyState.flatMap { a in
                everyState.map { b in
                    let record = BootRecord(preferred: preferred, a: a, b: b, sequence: 41)
                    let word = BootRecord(preferred: .a, a: .good, b: .none, sequence: 40)
                    return BootCase(
                        name: "\(record.order) A=\(a.recordText) B=\(b.recordText) \(sectorSize)",
                        sectorSize: sectorSize,
                        loads: PerSlot(a: .whole, b: .whole),
                        copies: [record.encoded(), record.encoded(), word.encoded()]
                    )
                }
            }
        }
    }

    /// Slots whose kernel is not what the sums beside it say, under each kind of record.
    private static let damagedSlots: [BootCase] = {
        let kinds: [Firmware.Load] = [.whole, .damaged, .impossible]
        let states: [(SlotState, SlotState)] = [
            (.good, .good), (.good, .tries(2)), (.tries(1), .good), (.good, .failed),
            (.failed, .tries(1)), (.none, .good), (.failed, .failed),
        ]
        return states.flatMap { a, b in
            kinds.flatMap { first in
                kinds.compactMap { second in
                    guard first == .damaged || second == .damaged else { return nil }
                    let record = BootRecord(preferred: .b, a: a, b: b, sequence: 7)
                    return BootCase(
                        name: "A=\(a.recordText) \(first), B=\(b.recordText) \(second)",
                        sectorSize: 512,
                        loads: PerSlot(a: first, b: second),
                        copies: [record.encoded(), record.encoded(), record.encoded()]
                    )
                }
            }
        }
    }()

    /// Stale, torn, lost and mistyped copies, and slots that cannot be loaded.
    private static func damages(seed: UInt64) -> [BootCase] {
        var generator = SeededGenerator(seed: seed)
        let newer = BootRecord(preferred: .b, a: .good, b: .tries(2), sequence: 10).encoded()
        let older = BootRecord(preferred: .a, a: .good, b: .none, sequence: 9).encoded()
        let word = BootRecord(preferred: .a, a: .good, b: .none, sequence: 9).encoded()
        // The last try cannot be counted here: `failed` is longer than `1`, and no padding is left.
        let lastTry = BootRecord(preferred: .b, a: .good, b: .tries(1), sequence: 11).encoded()
        let text = Array(lastTry[..<(lastTry.lastIndex { $0 != UInt8(ascii: "#") } ?? 0)])
        let full =
            text + Array("\nX=".utf8)
            + [UInt8](repeating: UInt8(ascii: "y"), count: 1020 - text.count) + Array("\n".utf8)
        var shapes: [(String, [UInt8]?)] = [
            ("missing", nil), ("blank", [UInt8](repeating: 0, count: 1024)),
            ("noise", generator.bytes(1024)), ("short", Array(newer[..<300])),
            ("torn", Array(newer[..<40]) + [UInt8](repeating: 0, count: 984)),
            ("worn padding", Array(newer[..<1023]) + [0]),
            ("no room", full), ("older", older), ("newer", newer),
        ]
        for index in 0..<8 {
            var bytes = newer
            let bit = Int.random(in: 0..<(75 * 8), using: &generator)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            shapes.append(("flipped bit \(index)", bytes))
        }
        var cases: [BootCase] = []
        for sectorSize in [512, 4096] {
            for (name, shape) in shapes {
                for (place, copies) in [
                    ("env0", [shape, newer, word]), ("env1", [newer, shape, word]),
                    ("both", [shape, shape, word]), ("all", [shape, shape, shape]),
                ] {
                    let loads: [PerSlot<Firmware.Load>] = [
                        PerSlot(a: .whole, b: .whole), PerSlot(a: .whole, b: .impossible),
                        PerSlot(a: .impossible, b: .whole),
                    ]
                    let number = cases.count % loads.count
                    cases.append(
                        BootCase(
                            name: "\(name) in \(place) \(sectorSize) \(number)",
                            sectorSize: sectorSize,
                            loads: loads[number],
                            copies: copies
                        )
                    )
                }
            }
        }
        return cases
    }
}
