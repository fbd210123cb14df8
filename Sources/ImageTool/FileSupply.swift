import Archive
import Syscalls

/// A file as an archive's supply of bytes, from its beginning.
final class FileSupply: ByteSupply {
    private static let blockSize = 16 * 1024

    private let file: Descriptor
    private var buffer: [UInt8] = []
    private var offset = 0

    init(_ path: String) throws(Errno) {
        file = try Descriptor(opening: path, for: .reading)
    }

    /// The bytes stay in place until the next call: `buffer` keeps them, and only this function
    /// takes it out, alone, to refill it.
    func supply(_ take: (Span<UInt8>) -> Void) throws(Errno) {
        var bytes = buffer
        buffer = []
        if bytes.isEmpty { bytes = [UInt8](repeating: 0, count: Self.blockSize) }
        var room = bytes.mutableSpan
        let count = try file.read(into: &room, at: offset)
        offset += count
        buffer = bytes
        take(bytes.span.extracting(..<count))
    }
}
