import CLinux

/// What is mounted where.
public enum Mounts {
    /// What a file system may be used for.
    public struct Options: OptionSet, Sendable, Hashable {
        public let rawValue: UInt
        public init(rawValue: UInt) { self.rawValue = rawValue }

        public static let readOnly = Options(rawValue: clinux_MS_RDONLY)
        public static let noSetUser = Options(rawValue: clinux_MS_NOSUID)
        public static let noDevices = Options(rawValue: clinux_MS_NODEV)
        public static let noPrograms = Options(rawValue: clinux_MS_NOEXEC)
        public static let noAccessTimes = Options(rawValue: clinux_MS_NOATIME)
        /// Change what may be done with what is mounted there.
        public static let again = Options(rawValue: clinux_MS_REMOUNT)
        /// `source` is a folder or file that gets a second place.
        public static let bind = Options(rawValue: clinux_MS_BIND)
        /// `source` is where a file system is mounted that moves.
        public static let move = Options(rawValue: clinux_MS_MOVE)
        /// What is mounted below, too.
        public static let recursive = Options(rawValue: clinux_MS_REC)
        /// What is mounted below from now on shows in copies of it, and the other way round.
        public static let shared = Options(rawValue: clinux_MS_SHARED)
    }

    /// Puts `source` at `target`. `data` is the file system's own options.
    ///
    /// C function: `mount(2)`.
    public static func mount(
        _ source: String,
        at target: String,
        type: String,
        _ options: Options = [],
        data: String = ""
    ) throws(Errno) {
        try requirePath(source)
        try requirePath(target)
        if type.utf8.contains(0) || data.utf8.contains(0) { throw .invalid }
        let flags = options.rawValue
        // Sound: the strings live, NUL-terminated, for the call.
        _ = try checked { unsafe CLinux.mount(source, target, type, flags, data) }
    }

    /// Takes away what is mounted at `target`; throws `.busy` while somebody uses it, unless
    /// `lazily`: then it goes as soon as nobody does.
    ///
    /// C function: `umount2(2)`.
    public static func unmount(_ target: String, lazily: Bool = false) throws(Errno) {
        try requirePath(target)
        let flags = lazily ? clinux_MNT_DETACH : 0
        // Sound: the string lives, NUL-terminated, for the call.
        _ = try checked { unsafe umount2(target, flags) }
    }

    /// Makes `folder`, where a file system is mounted, the root of this process and of those it
    /// will start.
    ///
    /// C functions: `chdir(2)`, `mount(2)` `MS_MOVE`, `chroot(2)`. The way `pivot_root(2)` says it
    /// must be done when the old root is the initramfs.
    public static func enter(_ folder: String) throws(Errno) {
        try requirePath(folder)
        // Sound: the string lives, NUL-terminated, for the call.
        _ = try checked { unsafe chdir(folder) }
        try mount(".", at: "/", type: "", .move)
        // Sound: constants, NUL-terminated.
        _ = try checked { unsafe CLinux.chroot(".") }
        _ = try checked { unsafe chdir("/") }
    }
}
