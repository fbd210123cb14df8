import Slots
import SlotsDisk
import SlotsLayout
import Syscalls
import Trust

/// Why work on the node's disk was refused or failed. Facts only; `ErrorTable` names the reason and
/// the sentence.
enum AgentError: Error, Sendable {
    case file(_ verb: String, _ path: String, Errno)
    case trust(_ path: String, TrustDirectoryError)
    case disk(DiskError)
    case layout(_ path: String, LayoutError)
    case update(UpdateError)
    case loader(LoaderError)
    /// The release in the running slot names no loader.
    case noLoader(Slot)
    /// The loader could not be read out of the root.
    case loaderUnread(Slot, reason: String)
    case wrongLoader(found: Digest, expected: Digest)
    case token
    case history(HistoryError)
    case state(StateError)
    /// It was cancelled before the engine began.
    case cancelled
    /// Everything is in place, but the machine does not start again by itself.
    case notRebooted(Reboot)

    /// What was in place when the reboot was refused, and by whom.
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
        case .disk(let error): error.sentence
        case .layout(let path, .disk(let error)): "\(path): \(error.sentence)"
        case .layout(let path, let error): "\(path) is refused: \(error.words)."
        case .update(let error): error.sentence
        case .loader(let error): "the boot loader was not upgraded: \(error.words)."
        case .noLoader(let slot):
            "the loader upgrade is refused: the release in slot \(slot) names no boot loader."
        case .loaderUnread(let slot, let reason):
            "the loader upgrade is refused: the boot loader in slot \(slot)'s root could not be "
                + "read: \(reason)."
        case .wrongLoader(let found, let expected):
            "the loader upgrade is refused: the release signs the boot loader with digest "
                + "\(expected.short), this one has \(found.short)."
        case .token: "the bearer token is refused: expected 1 to 16384 visible characters."
        case .history(let error): "the history could not be read: \(Errno(error.code))."
        case .state(let error): "\(error.words)."
        case .cancelled: "the operation was cancelled."
        case .notRebooted(let reboot): "\(reboot.done), but \(reboot.refusal)"
        }
    }
}
