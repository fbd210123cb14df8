import CLinux

/// Folders by name.
public enum Directory {
    /// A file's name in its folder, and all its bytes.
    public struct File: Sendable, Hashable {
        public let name: String
        public let bytes: [UInt8]
    }

    /// More entries than this in one folder are refused (`.tooLarge`).
    public static let entryLimit = 4096

    /// The names in a folder, sorted by their bytes, `.` and `..` left out.
    ///
    /// C function: `readdir(3)`.
    public static func names(at path: String) throws(Errno) -> [String] {
        try requirePath(path)
        // Sound: the string lives for the call; the stream is closed on every way out.
        guard let stream = unsafe opendir(path) else { throw Errno(Errno.last) }
        defer { unsafe _ = closedir(stream) }
        var names: [String] = []
        while true {
            Errno.last = 0
            // Sound: the entry is valid until the next call on this stream; only text leaves.
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe String(cString: clinux_entry_name(entry))
            if name == "." || name == ".." { continue }
            guard names.count < entryLimit else { throw .tooLarge }
            names.append(name)
        }
        if Errno.last != 0 { throw Errno(Errno.last) }
        return names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    /// The plain files whose names end in `suffix`, sorted by name, each with all its bytes.
    ///
    /// Throws `.tooLarge` when one of them holds more than `limit` bytes.
    public static func files(
        at path: String,
        suffix: String,
        limit: Int
    ) throws(Errno) -> [File] {
        var files: [File] = []
        for name in try names(at: path) where name.hasSuffix(suffix) {
            // A pipe in the folder must not keep anybody waiting for its other end.
            let file = try Descriptor(
                opening: path + "/" + name,
                for: .reading,
                .nonBlocking
            )
            guard try file.status().kind == .file else { continue }
            files.append(File(name: name, bytes: try file.readToEnd(limit: limit)))
        }
        return files
    }

    /// Makes a folder that only its owner may use; one that is there already is left as it is.
    ///
    /// C function: `mkdir(2)`.
    public static func create(_ path: String) throws(Errno) {
        try requirePath(path)
        do {
            // Sound: the string lives, NUL-terminated, for the call.
            _ = try checked { unsafe mkdir(path, 0o700) }
        } catch {
            guard error == .exists else { throw error }
            let found = try Descriptor(opening: path, for: .reading, .nonBlocking)
            guard try found.status().kind == .directory else { throw .notDirectory }
        }
    }

    /// Returns once the names in the folder survive power loss. C function: `fsync(2)`.
    public static func synchronize(_ path: String) throws(Errno) {
        try Descriptor(opening: path, for: .reading, .directory).synchronize()
    }

    /// The folder that holds `path`; `.` when it names none.
    static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
