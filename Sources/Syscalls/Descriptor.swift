import CLinux

/// An open file, device or pipe. Owned: closed exactly once, at the latest when it goes away.
///
/// Every descriptor is closed in programs that this one starts (`O_CLOEXEC`).
public struct Descriptor: ~Copyable, Sendable {
    /// What may be done with it.
    public enum Access: Sendable, Hashable {
        case reading
        case writing
        case both
    }

    /// How it is opened.
    public struct Options: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// Make the file when there is none.
        public static let create = Options(rawValue: 1 << 0)
        /// With `create`: refuse a file that is there. On a block device: refuse one that is
        /// mounted or otherwise claimed, and claim it.
        public static let exclusive = Options(rawValue: 1 << 1)
        /// Empty the file.
        public static let truncate = Options(rawValue: 1 << 2)
        /// Every write goes to the end.
        public static let append = Options(rawValue: 1 << 3)
        /// Bypass the page cache: offsets, lengths and memory must be aligned.
        public static let direct = Options(rawValue: 1 << 4)
        /// Refuse what is not a folder.
        public static let directory = Options(rawValue: 1 << 5)
        /// Do not wait for the other end of a pipe or for a medium.
        public static let nonBlocking = Options(rawValue: 1 << 6)

        fileprivate var flags: CInt {
            var flags = O_CLOEXEC | O_NOCTTY
            if contains(.create) { flags |= O_CREAT }
            if contains(.exclusive) { flags |= O_EXCL }
            if contains(.truncate) { flags |= O_TRUNC }
            if contains(.append) { flags |= O_APPEND }
            if contains(.direct) { flags |= clinux_O_DIRECT }
            if contains(.directory) { flags |= O_DIRECTORY }
            if contains(.nonBlocking) { flags |= O_NONBLOCK }
            return flags
        }
    }

    /// The number the kernel knows it by; good for as long as this value lives.
    public let number: CInt

    /// Takes over `number`, which nobody else closes.
    init(owning number: CInt) { self.number = number }

    /// Opens `path`; a new file gets `permissions` (less the process's mask).
    ///
    /// C function: `open(2)`.
    public init(
        opening path: String,
        for access: Access,
        _ options: Options = [],
        permissions: UInt32 = 0o600
    ) throws(Errno) {
        try requirePath(path)
        let mode =
            switch access {
            case .reading: O_RDONLY
            case .writing: O_WRONLY
            case .both: O_RDWR
            }
        // Sound: the string lives, NUL-terminated, for the call.
        number = try checked { unsafe clinux_open(path, mode | options.flags, permissions) }
    }

    deinit { _ = CLinux.close(number) }

    /// Opens the same file again, whatever its name is by now, with a position, access and
    /// options of its own. Needs `/proc`.
    ///
    /// C function: `open(2)`; `proc_pid_fd(5)`.
    public func reopened(
        for access: Access,
        _ options: Options = []
    ) throws(Errno) -> Descriptor {
        try Descriptor(opening: "/proc/self/fd/\(number)", for: access, options)
    }

    /// Closes it and reports what a deferred write still had to say.
    ///
    /// Never repeated: after `EINTR` the number is gone all the same. C function: `close(2)`.
    public consuming func close() throws(Errno) {
        let number = number
        discard self
        guard CLinux.close(number) == -1 else { return }
        let error = Errno(Errno.last)
        if error != .interrupted { throw error }
    }

    /// Returns once the contents and all that is known about the file survive power loss.
    ///
    /// C function: `fsync(2)`.
    public func synchronize() throws(Errno) {
        let number = number
        _ = try checked { fsync(number) }
    }

    /// Returns once the contents survive power loss; on a block device its cache is flushed too.
    ///
    /// C function: `fdatasync(2)`.
    public func synchronizeContents() throws(Errno) {
        let number = number
        _ = try checked { fdatasync(number) }
    }
}
