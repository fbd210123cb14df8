import Slots
import Syscalls

/// Why no certificate was made. Facts, and the one sentence for each.
enum PKIError: Error, Sendable, Hashable {
    case file(_ verb: String, _ path: String, Errno)
    /// It is never replaced.
    case exists(_ path: String)
    case notAnAuthority(_ path: String)
    case notAKey(_ path: String)
    /// `ca.key` belongs to another certificate than `ca.crt`.
    case otherKey(_ folder: String)
    case expired(_ folder: String, Timestamp)

    /// Refused, rather than failed.
    var isRefusal: Bool {
        if case .file = self { false } else { true }
    }

    var sentence: String {
        switch self {
        case .file(let verb, let path, let error): "could not \(verb) \(path): \(error)."
        case .exists(let path):
            "\(path) is there already and is not replaced; choose another name or folder. "
                + "Nothing was written."
        case .notAnAuthority(let path):
            "\(path) is refused: expected the certificate of an authority, in PEM."
        case .notAKey(let path): "\(path) is refused: expected one private key, in PEM."
        case .otherKey(let folder):
            "\(folder) is refused: ca.key is not the key of ca.crt."
        case .expired(let folder, let end):
            "\(folder) is refused: its authority is valid until \(end) only."
        }
    }
}
