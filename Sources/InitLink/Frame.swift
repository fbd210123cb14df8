/// The envelope of a message: its length (u32, little-endian, 1...`limit`), then its bytes.
enum Frame {
    static let limit = 64 * 1024
    static let headLength = 4

    /// - Precondition: `message` has 1...`limit` bytes.
    static func wrap(_ message: [UInt8]) -> [UInt8] {
        precondition((1...limit).contains(message.count), "a message fits its frame")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headLength + message.count)
        for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: message.count >> shift))
        }
        bytes += message
        return bytes
    }
}

/// Takes frames out of a stream, however it was cut into pieces.
///
/// Holds at most one frame and the piece that completed it, when each `append` is followed by
/// `next` until that gives `nil`.
struct FrameReader {
    private var bytes: [UInt8] = []

    /// Whether a frame has begun that has not ended.
    var isInside: Bool { !bytes.isEmpty }

    mutating func append(_ piece: some Sequence<UInt8>) { bytes += piece }

    /// The next whole message; `nil` when more bytes must come first.
    ///
    /// Throws `.length` as soon as the head is there: the stream is of no more use then.
    mutating func next() throws(MessageFault) -> [UInt8]? {
        guard bytes.count >= Frame.headLength else { return nil }
        let length = bytes[..<Frame.headLength].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard (1...Frame.limit).contains(length) else { throw .length(length) }
        let end = Frame.headLength + length
        guard bytes.count >= end else { return nil }
        let message = Array(bytes[Frame.headLength..<end])
        bytes.removeFirst(end)
        return message
    }
}
