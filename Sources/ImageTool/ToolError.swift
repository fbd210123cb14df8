import Slots
import SlotsDisk
import SlotsLayout
import Syscalls
import Trust

/// Why a command refused or failed. Facts only; `Sentences.swift` says them.
enum ToolError: Error, Equatable {
    /// The system would not do `verb` with the file.
    case system(_ verb: String, _ path: String, Errno)
    /// A file that should be small has more than `limit` bytes.
    case tooLarge(_ path: String, limit: Int)
    /// A file that must not be overwritten is there.
    case exists(String)
    case option(_ name: String, found: String, expected: String)
    case key(_ path: String, KeyError)
    case trust(_ path: String, TrustDirectoryError)
    case squashFS(_ path: String, SquashFSFault)
    case loader(_ path: String, LoaderFault)
    /// The file is not the same in a later pass.
    case changed(_ path: String)
    case bundle(_ path: String, BundleFault)
    case manifest(_ path: String, ManifestError)
    case signatures(_ path: String, SignaturesError)
    case distrust(_ path: String, Distrust)
    case index(_ path: String, ChunkIndexError)
    /// `part` of the root is not what was signed.
    case content(_ path: String, part: RootPart, found: Digest, expected: Digest)
    case badSignature(_ path: String, keyID: Digest)
    case notASignature(_ path: String, size: Int)
    case unknownKey(Digest, known: [Digest])
    case tooManySignatures(limit: Int)
    /// libcrypto could not do it.
    case crypto(KeyError)
    case disk(DiskError)
    case layout(_ path: String, LayoutError)
    case device(_ path: String, DeviceError)
    /// The boot loader cannot go onto the EFI system partition.
    case firmwareFile(_ path: String, LoaderError)
    /// A node cannot be given this file, or folder.
    case given(_ path: String, GivenFault)
    /// No boot loader was given, and none is in these places.
    case noLoader([String])
    /// What the disk returned is not what was written.
    case notAsWritten(_ path: String)

    enum RootPart: Equatable {
        case chunk(Int, offset: Int)
        case whole
        case tree
    }

    /// True when nothing was tried and trying again changes nothing.
    var isRefusal: Bool {
        switch self {
        case .system, .changed, .crypto, .device, .notAsWritten: false
        case .disk(.failed), .layout(_, .fdisk), .layout(_, .kernelNotTold): false
        case .layout(_, .disk(.failed)), .firmwareFile(_, .device): false
        default: true
        }
    }
}
