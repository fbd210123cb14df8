import CLinux

extension Directory {
    /// Takes a folder away with everything in it; one that is not there is no error.
    ///
    /// No link is followed, and names may be any bytes. Folders in it are renamed to its own level
    /// before they are emptied, so a tree may be deeper than a path can be long. A file system that
    /// is mounted in it is left alone (`EBUSY`). Safe to repeat after a power cut.
    /// C functions: `unlinkat(2)`, `renameat(2)`.
    public static func removeTree(_ path: String) throws(Errno) {
        var tree = Tree(path: path)
        do throws(Errno) { try tree.sweep(path) } catch {
            if error == .noEntry { return }
            throw error
        }
        while let folder = tree.folders.popFirst() {
            try tree.sweep(folder)
            try remove(folder)
        }
        try remove(path)
    }

    private struct Tree {
        let path: String
        /// Those that are still to be emptied, all of them right below `path`.
        var folders: Set<String> = []
        private var number = 0
        private static let suffix = ".removed"

        init(path: String) { self.path = path }

        /// Takes every file out of a folder, and makes the folders in it ours.
        mutating func sweep(_ folder: String) throws(Errno) {
            try requirePath(folder)
            // Sound: the string lives for the call; the stream is closed on every way out.
            guard let stream = unsafe opendir(folder) else { throw Errno(Errno.last) }
            defer { unsafe _ = closedir(stream) }
            // Sound: the stream is open.
            let descriptor = unsafe dirfd(stream)
            while true {
                Errno.last = 0
                // Sound: the entry is valid until the next call on this stream.
                guard let entry = unsafe readdir(stream) else { break }
                // Sound: a C string in that entry.
                guard let name = unsafe clinux_entry_name(entry) else { continue }
                if unsafe strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { continue }
                do throws(Errno) {
                    // Sound: the name lives for the call.
                    _ = try checked { unsafe unlinkat(descriptor, name, 0) }
                } catch {
                    guard error == .isFolder else { throw error }
                    // Sound: as above.
                    unsafe try take(name, in: folder, descriptor)
                }
            }
            if Errno.last != 0 { throw Errno(Errno.last) }
        }

        /// Gives a folder a name of ours right below `path`, unless it has one already.
        private mutating func take(
            _ name: UnsafePointer<CChar>,
            in folder: String,
            _ descriptor: CInt
        ) throws(Errno) {
            // Sound: copied at once.
            let text = unsafe String(cString: name)
            if folder == path, text.hasSuffix(Self.suffix) {
                folders.insert("\(path)/\(text)")
                return
            }
            while true {
                number += 1
                let place = "\(path)/\(number)\(Self.suffix)"
                do throws(Errno) {
                    // Sound: both names live for the call.
                    _ = try checked { unsafe renameat(descriptor, name, AT_FDCWD, place) }
                    folders.insert(place)
                    return
                } catch {
                    guard error == .exists || error == .notEmpty || error == .notDirectory else {
                        throw error
                    }
                }
            }
        }
    }
}
