import CLinux

/// Whole files by name.
public enum File {
    /// Reads a whole file; throws `.tooLarge` when it holds more than `limit` bytes.
    ///
    /// Files of `/sys` and `/proc`, whose size is not known before, are read too.
    /// C function: `read(2)`.
    public static func read(_ path: String, limit: Int) throws(Errno) -> [UInt8] {
        let file = try Descriptor(opening: path, for: .reading)
        return try file.readToEnd(limit: limit)
    }

    /// Makes a new, empty file; throws `.exists` when there is one.
    ///
    /// C function: `open(2)` `O_EXCL`.
    public static func create(_ path: String, permissions: UInt32) throws(Errno) -> Descriptor {
        try Descriptor(
            opening: path,
            for: .both,
            [.create, .exclusive],
            permissions: permissions
        )
    }

    /// Replaces the file at `path` in one step: whoever reads sees all of the old or all of the
    /// new. Survives power loss when it returns.
    ///
    /// Goes through `path.new`, so two writers of one file must not run at once.
    /// C function: `rename(2)`.
    public static func writeAtomically(
        _ bytes: Span<UInt8>,
        to path: String,
        permissions: UInt32
    ) throws(Errno) {
        let next = path + ".new"
        do { try remove(next) } catch {
            guard error == .noEntry else { throw error }
        }
        let file = try create(next, permissions: permissions)
        try file.write(bytes, at: 0)
        try file.synchronize()
        try file.close()
        try rename(next, to: path)
        try Directory.synchronize(Directory.parent(of: path))
    }

    /// Adds `bytes` to the end of the file, which is made when missing. Survives power loss when
    /// it returns; one power cut may leave a part of them.
    ///
    /// C function: `write(2)` `O_APPEND`.
    public static func append(_ bytes: Span<UInt8>, to path: String) throws(Errno) {
        do {
            let file = try Descriptor(opening: path, for: .writing, .append)
            try file.writeNext(bytes)
            try file.synchronizeContents()
            try file.close()
        } catch {
            guard error == .noEntry else { throw error }
            let file = try create(path, permissions: 0o600)
            try file.writeNext(bytes)
            try file.synchronize()
            try file.close()
            try Directory.synchronize(Directory.parent(of: path))
        }
    }

    /// Gives the file another name, replacing what has it. C function: `rename(2)`.
    public static func rename(_ path: String, to other: String) throws(Errno) {
        try requirePath(path)
        try requirePath(other)
        // Sound: both strings live, NUL-terminated, for the call.
        _ = try checked { unsafe CLinux.rename(path, other) }
    }

    /// Takes the name away. C function: `unlink(2)`.
    public static func remove(_ path: String) throws(Errno) {
        try requirePath(path)
        // Sound: the string lives, NUL-terminated, for the call.
        _ = try checked { unsafe unlink(path) }
    }
}

extension Descriptor {
    /// Reads from here to the end; throws `.tooLarge` when there are more than `limit` bytes.
    ///
    /// C function: `read(2)`.
    public func readToEnd(limit: Int) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: min(limit + 1, 64 * 1024))
        while true {
            var span = piece.mutableSpan
            let count = try readNext(into: &span)
            if count == 0 { return bytes }
            if bytes.count + count > limit { throw .tooLarge }
            bytes += piece[..<count]
        }
    }
}
