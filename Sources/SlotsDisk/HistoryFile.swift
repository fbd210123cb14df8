public import Slots
import Syscalls

/// The node's account of the past in a file: JSON lines, `history` in a folder.
///
/// A line that a power cut tore has no newline. It is not a line, and the next `append` closes
/// it, so that it can never run together with what follows.
public final class HistoryFile: HistoryStore {
    /// A file beyond this is refused with `EFBIG`: decades of releases take less.
    public static let limit = 16 << 20

    private let folder: String
    private var path: String { folder + "/history" }

    /// `folder` is made when missing, but not the folders above it.
    public init(inFolder folder: String) { self.folder = folder }

    /// Every whole line, oldest first; none when there is no file.
    public func lines() throws(HistoryError) -> [[UInt8]] {
        let bytes = try contents()
        guard let end = bytes.lastIndex(of: Self.newline) else { return [] }
        return bytes[..<end].split(separator: Self.newline, omittingEmptySubsequences: true)
            .map(Array.init)
    }

    /// Adds a line; it survives power loss when this returns.
    ///
    /// - Precondition: `line` holds no newline.
    public func append(_ line: [UInt8]) throws(HistoryError) {
        precondition(!line.contains(Self.newline), "a line is one line")
        let last = try contents().last
        let start = last == nil || last == Self.newline ? [] : [Self.newline]
        do {
            try Directory.create(folder)
            try File.append((start + line + [Self.newline]).span, to: path)
        } catch {
            throw HistoryError(code: error.code)
        }
    }

    private func contents() throws(HistoryError) -> [UInt8] {
        do { return try File.read(path, limit: Self.limit) } catch {
            if error == .noEntry { return [] }
            throw HistoryError(code: error.code)
        }
    }

    private static let newline = UInt8(ascii: "\n")
}
