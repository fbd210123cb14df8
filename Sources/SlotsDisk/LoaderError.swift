public import Slots

/// Why the boot loader's files could not be read or replaced. The loader in force is untouched.
public enum LoaderError: Error, Sendable, Hashable {
    case device(DeviceError)
    /// The file system makes no sense. `reason` is a fact.
    case damaged(reason: String)
    /// There is no such file in `EFI/BOOT`.
    case missing(file: String)
    /// More than the limit, or than the spare file has room for.
    case tooLarge(size: Int, limit: Int)
    /// The bytes do not begin like a program for the firmware.
    case notALoader
    /// A signed program must fill the spare file exactly: the zeros after a shorter one would
    /// break its signature.
    case signedButNotWhole(size: Int, capacity: Int)
    /// The two names cannot change in one write.
    case notInOneSector
    /// A file says it is longer than its clusters.
    case chainTooShort(file: String, capacity: Int, size: Int)
    /// The spare file leads to a cluster of the loader, a folder or a copy of the record.
    case crossLinked
    /// What was read back is not what was written. The old loader is still in force, unless
    /// `afterSwap`.
    case notAsWritten(afterSwap: Bool)

    init(_ error: FATError) {
        switch error {
        case .device(let error): self = .device(error)
        case .damaged(let reason): self = .damaged(reason: reason)
        }
    }
}
