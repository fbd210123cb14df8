/// A file, block after block from its beginning.
public final class FileBlocks {
    private static let size = 16 * 1024

    private let file: Descriptor
    private var buffer: [UInt8] = []
    private var offset = 0

    public init(_ path: String) throws(Errno) {
        file = try Descriptor(opening: path, for: .reading)
    }

    /// Calls `take` once with the next bytes; with none at the end. They stay in place until the
    /// next call: `buffer` keeps them, and only this function takes it out, alone, to refill it.
    ///
    /// C function: `pread(2)`.
    public func supply(_ take: (Span<UInt8>) -> Void) throws(Errno) {
        var bytes = buffer
        buffer = []
        if bytes.isEmpty { bytes = [UInt8](repeating: 0, count: Self.size) }
        var room = bytes.mutableSpan
        let count = try file.read(into: &room, at: offset)
        offset += count
        buffer = bytes
        take(bytes.span.extracting(..<count))
    }
}
