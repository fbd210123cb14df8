import Slots
import Synchronization
import Syscalls

/// The one folder in which the agent keeps what must survive: small files, each replaced whole.
///
/// A file is written under a temporary name, flushed, renamed, and its folder flushed: whoever
/// reads sees all of the old or all of the new. Files are 0600, folders 0700. Names are relative,
/// with `/` between folders, such as `identity/agent.key`.
struct StateFolder: Sendable {
    /// Without a slash at its end.
    let path: String

    private let turn = Turn()

    init(path: String) {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    /// All bytes of the file; `nil` when there is none. More than `limit` bytes are refused.
    func read(_ name: String, limit: Int) throws(StateError) -> [UInt8]? {
        let path = try absolute(name)
        do { return try File.read(path, limit: limit) } catch {
            if error == .noEntry { return nil }
            throw StateError(.read, name, error)
        }
    }

    /// Replaces the file, which survives power loss when this returns. Makes missing folders.
    func write(_ name: String, _ bytes: [UInt8]) throws(StateError) {
        let path = try absolute(name)
        // Two writers of one file would share its temporary name.
        try turn.take { () throws(StateError) in
            do throws(Errno) {
                try makeFolders(above: name)
                try File.writeAtomically(bytes.span, to: path, permissions: 0o600)
            } catch {
                throw StateError(.write, name, error)
            }
        }
    }

    /// Takes the file away, durably; one that is not there is no error.
    func remove(_ name: String) throws(StateError) {
        let path = try absolute(name)
        do {
            try File.remove(path)
            try Directory.synchronize(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
        } catch {
            guard error == .noEntry else { throw StateError(.remove, name, error) }
        }
    }

    /// Names of the files in a folder, sorted; none when it is missing. Temporary ones are left
    /// out.
    func list(_ folder: String) throws(StateError) -> [String] {
        let path = try absolute(folder)
        let names: [String]
        do { names = try Directory.names(at: path) } catch {
            if error == .noEntry { return [] }
            throw StateError(.list, folder, error)
        }
        return names.filter { !$0.hasSuffix(".new") }
    }

    /// Makes the folder and those above it, down from the state folder itself.
    func makeFolder(_ folder: String) throws(StateError) {
        _ = try absolute(folder)
        do { try makeFolders(above: folder + "/") } catch {
            throw StateError(.write, folder, error)
        }
    }

    /// The path of a name, for those who append to a file or hand it to a library.
    func absolute(_ name: String) throws(StateError) -> String {
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && part.first != UInt8(ascii: ".") && !part.contains(0)
        }
        guard isPlain else { throw StateError(.name, name, .invalid) }
        return path + "/" + name
    }

    private func makeFolders(above name: String) throws(Errno) {
        var folder = path
        try make(folder)
        for part in name.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
            folder += "/" + part
            try make(folder)
        }
    }

    /// A folder that was made here survives power loss; one that was there is left alone.
    private func make(_ folder: String) throws(Errno) {
        do {
            _ = try Descriptor(opening: folder, for: .reading, .directory)
        } catch {
            guard error == .noEntry else { throw error }
            try Directory.create(folder)
            let parent = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? "."
            try Directory.synchronize(parent.isEmpty ? "/" : parent)
        }
    }
}

/// Why a state file could not be read or written.
struct StateError: Error, Sendable, Hashable {
    enum Step: String, Sendable, Hashable {
        case read
        case write
        case remove
        case list
        /// The name is no plain name below the folder.
        case name
    }

    let step: Step
    let name: String
    let cause: Errno

    init(_ step: Step, _ name: String, _ cause: Errno) {
        self.step = step
        self.name = name
        self.cause = cause
    }

    /// "the state file identity/agent.key could not be written: No space left (ENOSPC)"
    var words: String {
        switch step {
        case .name: "\"\(name)\" is no name of a state file"
        case .read: "the state file \(name) could not be read: \(cause)"
        case .write: "the state file \(name) could not be written: \(cause)"
        case .remove: "the state file \(name) could not be removed: \(cause)"
        case .list: "the state folder \(name) could not be listed: \(cause)"
        }
    }
}

/// Lets one writer at a time write.
private final class Turn: Sendable {
    private let mutex = Mutex<Void>(())

    func take<E: Error>(_ body: () throws(E) -> Void) throws(E) {
        let result: Result<Void, E> = mutex.withLock { _ in
            do throws(E) {
                try body()
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
