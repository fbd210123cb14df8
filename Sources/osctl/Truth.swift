import Slots

/// What is still true after a command was refused or failed, read from the disk itself.
struct Truth {
    /// The highest sequence of the record before the command: it rises before anything else does.
    private let sequence: Int?

    init(before bench: Workbench) { sequence = Self.sequence(bench) }

    /// "Nothing was written. Slot a runs 1.8.0 and boots next."
    func sentence(_ bench: Workbench) -> String {
        guard let node = try? bench.machine.readNode() else {
            return "The disk could not be read again to say what is true now."
        }
        let isUntouched = Self.sequence(bench) == sequence
        return (isUntouched ? "Nothing was written. " : Self.changed(node)) + Self.boots(node)
    }

    static func boots(_ node: Node) -> String {
        guard let next = node.next, let state = node.record?[next] else {
            return "No slot boots by the rules; the firmware would try both as a last resort."
        }
        let version = node.contents[next].release.map { "\($0.version)" } ?? "an unknown release"
        switch state {
        case .tries(let left):
            return "Slot \(next) holds \(version) and boots next, on trial with \(left) "
                + (left == 1 ? "try left." : "tries left.")
        default: return "Slot \(next) runs \(version) and boots next."
        }
    }

    private static func changed(_ node: Node) -> String {
        guard let target = node.running?.other, node.record?[target] == SlotState.none else {
            return ""
        }
        return "Slot \(target) is not bootable; the same command takes up where this one stopped. "
    }

    private static func sequence(_ bench: Workbench) -> Int? {
        bench.machine.bootLoader.copies().copies.compactMap { $0.record?.sequence }.max()
    }
}
