import CLinux

extension Directory {
    /// Makes a folder with these permissions; one that is there already is left as it is.
    ///
    /// C functions: `mkdir(2)`, `chmod(2)`.
    public static func make(_ path: String, permissions: UInt32) throws(Errno) {
        try requirePath(path)
        do {
            // Sound: the string lives, NUL-terminated, for the call.
            _ = try checked { unsafe mkdir(path, permissions) }
            // The process's mask took some away.
            _ = try checked { unsafe chmod(path, permissions) }
        } catch {
            guard error == .exists else { throw error }
        }
    }

    /// Takes an empty folder away. C function: `rmdir(2)`.
    public static func remove(_ path: String) throws(Errno) {
        try requirePath(path)
        // Sound: the string lives, NUL-terminated, for the call.
        _ = try checked { unsafe rmdir(path) }
    }
}

extension File {
    /// Writes `bytes` in one call to a file that is there, such as a setting of the kernel.
    ///
    /// C function: `write(2)`.
    public static func put(_ bytes: Span<UInt8>, to path: String) throws(Errno) {
        let file = try Descriptor(opening: path, for: .writing)
        try file.writeNext(bytes)
        try file.close()
    }

    /// Makes or empties a file and writes `bytes` to it; nothing is promised after power loss.
    ///
    /// C functions: `open(2)`, `write(2)`.
    public static func fill(
        _ path: String,
        with bytes: Span<UInt8>,
        permissions: UInt32
    ) throws(Errno) {
        let file = try Descriptor(
            opening: path,
            for: .writing,
            [.create, .truncate],
            permissions: permissions
        )
        try file.writeNext(bytes)
        try file.close()
    }

    /// Where a symbolic link leads, as it is written there. C function: `readlink(2)`.
    public static func target(of path: String) throws(Errno) -> String {
        try requirePath(path)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let limit = bytes.count
        // Sound: the kernel writes at most the buffer's length; the string lives for the call.
        let count = try checked { unsafe clinux_readlink(path, &bytes, limit) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Makes a symbolic link at `path`; throws `.exists` when there is something.
    ///
    /// C function: `symlink(2)`.
    public static func link(_ path: String, to target: String) throws(Errno) {
        try requirePath(path)
        try requirePath(target)
        // Sound: both strings live, NUL-terminated, for the call.
        _ = try checked { unsafe symlink(target, path) }
    }
}

extension WallTime {
    /// Sets the machine's clock. C function: `clock_settime(2)`.
    public static func set(seconds: Int) throws(Errno) {
        var time = timespec(tv_sec: seconds, tv_nsec: 0)
        // Sound: the kernel reads the structure.
        _ = try checked { unsafe clock_settime(CLOCK_REALTIME, &time) }
    }
}
