// What is true of a node's disk, in a sentence.

extension Node {
    /// "Slot a runs 1.8.0 and boots next."
    public var bootSentence: String {
        guard let next, let state = record?[next] else {
            return "No slot boots by the rules; the firmware would try both as a last resort."
        }
        let version = contents[next].release.map { "\($0.version)" } ?? "an unknown release"
        switch state {
        case .tries(let left):
            return "Slot \(next) holds \(version) and boots next, on trial with \(left) "
                + (left == 1 ? "try left." : "tries left.")
        default:
            let verb = running == nil || running == next ? "runs" : "holds"
            return "Slot \(next) \(verb) \(version) and boots next."
        }
    }

    /// A sentence on each slot that was given up and of whose release no boot is among `boots`, all
    /// that the black box has: nobody was there to say why.
    public func neverBegun(among boots: [BootEntry]) -> [String] {
        Slot.allCases.compactMap { slot in
            guard record?[slot] == .failed, let release = contents[slot].release else { return nil }
            let hasBegun = boots.contains { boot in
                boot.slot == slot && (boot.digest == nil || boot.digest == release.digest)
            }
            guard !hasBegun else { return nil }
            return "Slot \(slot) (\(release.version)) was given up, and no boot of it ever began: "
                + "the boot loader could not load it, or its kernel ended before the first process."
        }
    }
}
