import Archive
import Slots
import Syscalls

/// Writes a bundle beside its name and gives it the name only when it is whole and on the disk.
///
/// An error leaves what had the name before as it was, and no other file.
enum BundleWriter {
    /// `root` must hand exactly `rootSize` bytes, in order, to the function it is given.
    static func write(
        _ path: String,
        statement: SignedStatement,
        index: [UInt8],
        rootSize: Int,
        root: ((Span<UInt8>) throws(ToolError) -> Void) throws(ToolError) -> Void
    ) throws(ToolError) {
        let next = path + ".new"
        let sink = try FileSink(next)
        do throws(ToolError) {
            let tar = try unwrap(path) { () throws(ArchiveError<Errno>) in
                try TarWriter<Errno> { bytes throws(Errno) in try sink.put(bytes) }
            }
            let members = [statement.manifest, statement.signatures, index]
            for (name, bytes) in zip(BundleMembers.names, members) {
                try unwrap(path) { () throws(ArchiveError<Errno>) in
                    try tar.begin(name, size: bytes.count)
                    try tar.write(bytes.span)
                }
            }
            try unwrap(path) { () throws(ArchiveError<Errno>) in
                try tar.begin(BundleMembers.names[3], size: rootSize)
            }
            try root { bytes throws(ToolError) in
                do throws(ArchiveError<Errno>) { try tar.write(bytes) } catch {
                    throw ToolError(error, path)
                }
            }
            try unwrap(path) { () throws(ArchiveError<Errno>) in try tar.finish() }
            try sink.commit(to: path)
        } catch {
            sink.abandon()
            throw error
        }
    }

    private static func unwrap<Result>(
        _ path: String,
        _ body: () throws(ArchiveError<Errno>) -> Result
    ) throws(ToolError) -> Result {
        do throws(ArchiveError<Errno>) { return try body() } catch { throw ToolError(error, path) }
    }
}

extension ToolError {
    fileprivate init(_ error: ArchiveError<Errno>, _ path: String) {
        switch error {
        case .outside(let error): self = .system("write", path, error)
        case .fault(.unwritable(let name, let reason)):
            self = .option(name, found: reason, expected: "less than 8 GiB")
        case .fault: self = .changed(path)
        }
    }
}

/// A new file beside the one it will replace.
final class FileSink {
    private let path: String
    private let file: Descriptor

    /// A file that an earlier, broken run left under this name is replaced.
    init(_ path: String) throws(ToolError) {
        self.path = path
        do throws(Errno) {
            do throws(Errno) { try File.remove(path) } catch {
                guard error == .noEntry else { throw error }
            }
            file = try File.create(path, permissions: 0o644)
        } catch {
            throw .system("create", path, error)
        }
    }

    func put(_ bytes: Span<UInt8>) throws(Errno) {
        try file.writeNext(bytes)
    }

    /// Flushes the file and gives it its name.
    func commit(to name: String) throws(ToolError) {
        do throws(Errno) {
            try file.synchronize()
            try File.rename(path, to: name)
            try Directory.synchronize(folder(of: name))
        } catch {
            throw .system("write", name, error)
        }
    }

    /// Takes the file away.
    func abandon() {
        do throws(Errno) { try File.remove(path) } catch {
            // It was not there, or it stays: the error that led here says more.
        }
    }
}

/// The folder that holds `path`; `.` when it names none.
func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}
