import Slots
import SlotsDisk
import SlotsLayout
import Trust

// What was refused or failed, on what, expected and found. What is still true is `Truth`'s to add.

extension CommandError {
    var sentence: String {
        switch self {
        case .file(let verb, let path, let error): "could not \(verb) \(path): \(error)."
        case .trust(let path, let error): "\(path) is refused as a trust folder: \(error.words)."
        case .node(let error): error.sentence
        case .update(.source(.malformed(.trailing(size: 0, _)))):
            "the bundle is refused: it is empty; a release is a file ending in .keel."
        case .update(let error) where error.isQuarantine:
            "\(error.sentence.dropLast()); --retry-quarantined accepts it."
        case .update(let error): error.sentence
        case .noHistory: "the history is kept in a folder: say --state DIR before the command."
        case .option(let name, let found, let expected):
            "\(name) is refused: expected \(expected), found \"\(found)\"."
        case .setup(let error): error.sentence
        case .call(let failure, let hasCredentials):
            failure.sentence(hasCredentials: hasCredentials)
        case .operation(let operation): operation.failureSentence
        case .waited(let ending): ending.sentence
        case .audit(let fault): "the audit log is not what it was: \(fault.words)."
        case .auditEnd(let said, let found):
            "the audit log ends after \(found.count) lines (\(found.hash.short)), the node "
                + "says \(said.count) (\(said.hash.short))."
        case .configuration(let path, let fault):
            "\(path) is refused as a configuration: \(fault.words)."
        case .unhealthy(let checks):
            "the node is not healthy: \(checks.joined(separator: ", ")) "
                + (checks.count == 1 ? "does not pass." : "do not pass.")
        }
    }
}

extension UpdateError {
    /// Refused for what became of the release on this node before.
    fileprivate var isQuarantine: Bool {
        if case .distrusted(.quarantined) = self { true } else { false }
    }
}
