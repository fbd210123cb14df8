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
}
