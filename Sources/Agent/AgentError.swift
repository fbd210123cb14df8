import Slots
import SlotsLayout
import Syscalls
import Trust

/// Why work on the node's disk was refused or failed. Facts only; `ErrorTable` names the reason and
/// the sentence.
enum AgentError: Error, Sendable {
    case file(_ verb: String, _ path: String, Errno)
    case trust(_ path: String, TrustDirectoryError)
    /// Anything but `.update`, which stands for itself.
    case node(NodeDiskError)
    case update(UpdateError)
    case token
    case history(HistoryError)
    case state(StateError)
    /// It was cancelled before the engine began.
    case cancelled
    /// Everything is in place, but the machine does not start again by itself.
    case notRebooted(Reboot)
    /// Pods are left: what became of the drain, sentences with their full stop.
    case notDrained(String)

    /// What was in place when the reboot was refused, and by whom: sentences with their full stop.
    struct Reboot: Sendable {
        let done: String
        let refusal: String
    }
}

extension AgentError {
    /// What was refused or failed, on what, expected and found: one sentence.
    var sentence: String {
        switch self {
        case .file(let verb, let path, let error): "could not \(verb) \(path): \(error)."
        case .trust(let path, let error): "\(path) is refused as a trust folder: \(error.words)."
        case .node(let error): error.sentence
        case .update(let error): error.sentence
        case .token: "the bearer token is refused: expected 1 to 16384 visible characters."
        case .history(let error): "the history could not be read: \(Errno(error.code))."
        case .state(let error): "\(error.words)."
        case .cancelled: "the operation was cancelled."
        case .notRebooted(let reboot):
            "\(reboot.done) The machine was not restarted: \(reboot.refusal)"
        case .notDrained(let outcome): outcome
        }
    }
}
