import Slots
import SlotsDisk
import SlotsLayout
import Syscalls
import Trust

/// Why a command did not do what it was asked. Facts only; `Sentences.swift` says them.
enum CommandError: Error {
    case file(_ verb: String, _ path: String, Errno)
    case trust(_ path: String, TrustDirectoryError)
    case disk(DiskError)
    case layout(_ path: String, LayoutError)
    case update(UpdateError)
    case loader(LoaderError)
    /// The release in the running slot names no loader.
    case noLoader(Slot)
    /// Nobody said where the history is kept.
    case noHistory
    /// The loader could not be read out of the root.
    case loaderUnread(Slot, reason: String)
    case wrongLoader(found: Digest, expected: Digest)
    /// An option's value makes no sense.
    case option(name: String, found: String, expected: String)

    enum Kind: Int32 {
        case failed = 1
        case refused = 2
        case busy = 3
    }

    var kind: Kind {
        switch self {
        case .disk(.busy), .layout(_, .disk(.busy)), .update(.busy): .busy
        case .disk(.failed), .layout(_, .disk(.failed)), .layout(_, .fdisk), .file: .failed
        case .update(let error): error.isRefusal ? .refused : .failed
        case .loader(.device), .loader(.notAsWritten): .failed
        case .trust, .disk, .layout, .loader, .noLoader, .noHistory, .loaderUnread, .wrongLoader,
            .option:
            .refused
        }
    }
}
