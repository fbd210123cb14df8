import CLinux
import Glibc

/// Why a system call failed: the number the kernel gave, its name and its meaning.
public struct Errno: Error, Sendable, Hashable, CustomStringConvertible {
    public let code: Int32

    public init(_ code: Int32) { self.code = code }

    /// The name in the manual, such as `EBUSY`. C function: `strerrorname_np(3)`.
    public var name: String {
        // Sound: glibc gives a constant string, or nil for a number it does not know.
        guard let text = unsafe strerrorname_np(code) else { return "E\(code)" }
        return unsafe String(cString: text)
    }

    /// The meaning in English, such as `Device or resource busy`. C function: `strerrordesc_np(3)`.
    public var message: String {
        // Sound: glibc gives a constant string, or nil for a number it does not know.
        guard let text = unsafe strerrordesc_np(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }

    public var description: String { "\(message) (\(name))" }

    public static let busy = Errno(EBUSY)
    public static let exists = Errno(EEXIST)
    public static let isFolder = Errno(EISDIR)
    public static let notEmpty = Errno(ENOTEMPTY)
    public static let invalid = Errno(EINVAL)
    public static let inputOutput = Errno(EIO)
    public static let noEntry = Errno(ENOENT)
    public static let noSpace = Errno(ENOSPC)
    public static let notDirectory = Errno(ENOTDIR)
    public static let notSupported = Errno(EOPNOTSUPP)
    public static let notThisKind = Errno(ENOTTY)
    public static let readOnly = Errno(EROFS)
    public static let timedOut = Errno(ETIMEDOUT)
    public static let tooLarge = Errno(EFBIG)
    public static let wouldBlock = Errno(EWOULDBLOCK)
}

/// Makes a call until a signal does not interrupt it: the one place that knows -1, `errno`
/// and `EINTR`.
@inline(__always)
func checked<Result: FixedWidthInteger & SignedInteger>(
    _ call: () -> Result
) throws(Errno) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let code = errno
        if code != EINTR { throw Errno(code) }
    }
}

extension Errno {
    /// The error of the call just made on this thread; setting it to 0 tells "none" from "old".
    static var last: Int32 {
        get { errno }
        set { errno = newValue }
    }

    static let interrupted = Errno(EINTR)
}

/// Makes a call of the POSIX threads family, which returns the error instead of setting `errno`.
@inline(__always)
func checkedCode(_ call: () -> CInt) throws(Errno) {
    let code = call()
    if code != 0 { throw Errno(code) }
}

/// A path the kernel would cut short at its first NUL is no path.
func requirePath(_ path: String) throws(Errno) {
    if path.isEmpty { throw .noEntry }
    if path.utf8.contains(0) { throw .invalid }
}
