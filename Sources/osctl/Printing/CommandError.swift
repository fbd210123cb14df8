import API
import Slots
import SlotsDisk
import SlotsLayout
import Syscalls
import Trust

/// Why a command did not do what it was asked. Facts only; `Sentences.swift` says them.
enum CommandError: Error {
    case file(_ verb: String, _ path: String, Errno)
    case trust(_ path: String, TrustDirectoryError)
    /// Anything but `.update`, which stands for itself.
    case node(NodeDiskError)
    case update(UpdateError)
    /// Nobody said where the history is kept.
    case noHistory
    /// An option's value makes no sense.
    case option(name: String, found: String, expected: String)
    /// No node could be asked.
    case setup(SetupError)
    /// The node refused or failed, or could not be reached.
    case call(CallFailure, hasCredentials: Bool = true)
    /// An operation on the node came to this end.
    case operation(Keel_V1_Operation)
    /// It was waited for, and this is what came of it.
    case waited(Waiting.Ending)
    case audit(AuditChain.Fault)
    /// The node's log ends elsewhere than its status says.
    case auditEnd(said: AuditChain.Head, found: AuditChain.Head)
    /// A document is no configuration.
    case configuration(path: String, DocumentFault)
    /// A check of the health gate does not pass.
    case unhealthy([String])

    enum Kind: Int32 {
        case failed = 1
        case refused = 2
        case busy = 3
        /// The node went back to its old release.
        case rolledBack = 4
        /// The time was over before anybody could tell.
        case unknown = 5
        case usage = 64
    }

    var kind: Kind {
        switch self {
        case .file: .failed
        case .node(let error): error.kind
        case .update(.busy): .busy
        case .update(let error): error.isRefusal ? .refused : .failed
        case .trust, .noHistory, .option, .configuration: .refused
        case .setup(let error): error.isUsage ? .usage : .refused
        case .call(let failure, _): failure.kind
        case .operation(let operation): operation.failureKind
        case .waited(let ending): ending.kind
        case .audit, .auditEnd, .unhealthy: .failed
        }
    }
}

extension NodeDiskError {
    fileprivate var kind: CommandError.Kind {
        switch self {
        case .disk(.busy), .layout(_, .disk(.busy)), .update(.busy): .busy
        case .disk(.failed), .layout(_, .disk(.failed)), .layout(_, .fdisk), .file: .failed
        case .update(let error): error.isRefusal ? .refused : .failed
        case .loader(.device), .loader(.notAsWritten): .failed
        case .disk, .layout, .loader, .noLoader, .loaderUnread, .wrongLoader: .refused
        }
    }
}
