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

    static func boots(_ node: Node) -> String { node.bootSentence }

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
