public import Slots
public import SlotsDisk
public import Syscalls

/// Why a node's disk was not opened, read or changed. Facts; `sentence` says them.
public enum NodeDiskError: Error, Sendable {
    case file(_ verb: String, _ path: String, Errno)
    case disk(DiskError)
    case layout(_ path: String, LayoutError)
    case update(UpdateError)
    case loader(LoaderError)
    /// The release in the running slot names no loader.
    case noLoader(Slot)
    /// The loader could not be read out of the root.
    case loaderUnread(Slot, reason: String)
    case wrongLoader(found: Digest, expected: Digest)

    /// What was refused or failed, on what, expected and found: one sentence.
    public var sentence: String {
        switch self {
        case .file(let verb, let path, let error): "could not \(verb) \(path): \(error)."
        case .disk(let error): error.sentence
        case .layout(_, .disk(let error)): error.sentence
        case .layout(let path, let error): "\(path) is refused: \(error.words)."
        case .update(let error): error.sentence
        case .loader(let error): "the boot loader was not upgraded: \(error.words)."
        case .noLoader(let slot):
            "the loader upgrade is refused: the release in slot \(slot) names no boot loader."
        case .loaderUnread(let slot, let reason):
            "the loader upgrade is refused: the boot loader in slot \(slot)'s root "
                + "(\(NodeDisk.loaderInRoot)) could not be read: \(reason)."
        case .wrongLoader(let found, let expected):
            "the loader upgrade is refused: the release signs the boot loader with digest "
                + "\(expected.short), this one has \(found.short)."
        }
    }
}
