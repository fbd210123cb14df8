import Slots

/// What the boot loader told the kernel: which slot it started, why, and on which partition.
///
/// Source: `keel.slot`, `keel.state` and `keel.partuuid` on the kernel's command line.
struct BootFacts: Sendable, Hashable {
    let slot: Slot
    /// `good`, `trial3`, `trial2`, `trial1` or `lastresort`.
    let state: String
    /// The slot's partition GUID, lower case.
    let partition: String

    /// `nil` when a word is missing or makes no sense: then nothing is known of this boot.
    init?(commandLine: String) {
        var words: [Substring: Substring] = [:]
        for word in commandLine.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            guard let equals = word.firstIndex(of: "=") else { continue }
            words[word[..<equals]] = word[word.index(after: equals)...]
        }
        guard let name = words["keel.slot"],
            let slot = Slot.allCases.first(where: { $0.recordName == name }),
            let state = words["keel.state"], Self.states.contains(String(state)),
            let partition = words["keel.partuuid"]
        else { return nil }
        self.init(slot: slot, state: String(state), partition: partition.lowercased())
    }

    init(slot: Slot, state: String, partition: String) {
        self.slot = slot
        self.state = state
        self.partition = partition
    }

    /// Boots of this slot that the record still grants when this one fails; `nil` unless it is
    /// on trial.
    var attemptsLeft: Int? {
        guard state.hasPrefix("trial"), let tries = Int(state.dropFirst(5)) else { return nil }
        return tries - 1
    }

    var isTrial: Bool { attemptsLeft != nil }

    /// Which try this is, from 1; 0 when the slot is not on trial.
    var attempt: Int { attemptsLeft.map { 3 - $0 } ?? 0 }

    private static let states = ["good", "trial3", "trial2", "trial1", "lastresort"]
}
