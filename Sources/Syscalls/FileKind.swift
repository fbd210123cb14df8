import CLinux

extension File {
    /// What has the name `path`; a symbolic link is `.other`. `nil` when nothing has it.
    ///
    /// C function: `lstat(2)`.
    public static func kind(of path: String) throws(Errno) -> FileStatus.Kind? {
        try lookAt(path).map(\.kind)
    }

    /// Who may do what with the file named `path`: its lowest twelve mode bits.
    ///
    /// Throws `.noEntry` when there is none. C function: `lstat(2)`.
    public static func permissions(of path: String) throws(Errno) -> UInt32 {
        guard let found = try lookAt(path) else { throw .noEntry }
        return found.permissions
    }

    private static func lookAt(
        _ path: String
    ) throws(Errno) -> (kind: FileStatus.Kind, permissions: UInt32)? {
        try requirePath(path)
        var found = stat()
        do {
            // Sound: the string lives for the call, and the kernel fills the structure.
            _ = try checked { unsafe lstat(path, &found) }
        } catch {
            if error == .noEntry { return nil }
            throw error
        }
        return (FileStatus.Kind(mode: found.st_mode), found.st_mode & 0o7777)
    }
}

extension FileStatus.Kind {
    fileprivate init(mode: mode_t) {
        self =
            switch mode & mode_t(S_IFMT) {
            case mode_t(S_IFREG): .file
            case mode_t(S_IFDIR): .directory
            case mode_t(S_IFBLK): .blockDevice
            case mode_t(S_IFCHR): .characterDevice
            case mode_t(S_IFIFO): .pipe
            case mode_t(S_IFSOCK): .socket
            default: .other
            }
    }
}
