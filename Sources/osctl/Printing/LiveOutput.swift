import Syscalls

/// Standard output for what never ends: each line is there for its reader at once, however many
/// nodes write.
actor LiveOutput {
    private final class Sink: Sendable {
        let file: Descriptor

        init(endless: Bool) throws(Errno) {
            let file = try Descriptor(opening: "/proc/self/fd/1", for: .writing, .append)
            // What others write after us to the same file would overwrite what is appended.
            let kind = try file.status().kind
            guard endless || kind != .file else { throw .notSupported }
            self.file = file
        }
    }

    private let sink: Sink?

    /// `print` keeps lines back when no terminal reads them, so the descriptor is opened anew. Not
    /// for a file, unless the output is endless and nobody would come to see the end of it; what
    /// cannot be opened so (a socket) is printed, too.
    init(endless: Bool) {
        do throws(Errno) { sink = try Sink(endless: endless) } catch { sink = nil }
    }

    /// Writes whole lines; false when nobody reads them any more.
    func write(_ lines: [String]) -> Bool {
        let text = lines.map { $0 + "\n" }.joined()
        guard let sink else {
            print(text, terminator: "")
            return true
        }
        do throws(Errno) { try sink.file.writeNext(Array(text.utf8).span) } catch { return false }
        return true
    }
}
