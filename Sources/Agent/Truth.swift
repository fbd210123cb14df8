import Slots
import SlotsDisk

/// What is still true after work was refused or failed, read from the disk itself.
struct Truth: Sendable {
    private let place: Place
    /// The highest sequence of the record before the work: it rises before anything else does.
    private let sequence: Int?

    init(before place: Place) {
        self.place = place
        sequence = Self.read(place)?.sequence
    }

    /// "Nothing was written. Slot a runs 1.8.0 and boots next."
    var sentence: String {
        guard let (node, sequence) = Self.read(place) else { return Self.unreadable }
        let isUntouched = sequence == self.sequence
        return (isUntouched ? "Nothing was written. " : Self.changed(node)) + node.bootSentence
    }

    /// For somebody who was not there when the work began.
    static func now(_ place: Place) -> String {
        guard let (node, _) = read(place) else { return unreadable }
        return changed(node) + node.bootSentence
    }

    private static let unreadable = "The disk could not be read to say what is true now."

    private static func changed(_ node: Node) -> String {
        guard let target = node.running?.other, node.record?[target] == SlotState.none else {
            return ""
        }
        return "Slot \(target) is not bootable; the same request takes up where this one stopped. "
    }

    private static func read(_ place: Place) -> (node: Node, sequence: Int?)? {
        do {
            let node = try Bench(place, writing: false).node()
            return (node, node.copies.copies.compactMap { $0.record?.sequence }.max())
        } catch {
            return nil
        }
    }
}
