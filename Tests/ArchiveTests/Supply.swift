import Archive

/// Hands out bytes in blocks of one size, from one buffer that is overwritten each time: whoever
/// keeps an old block sees other bytes.
final class Supply: ByteSupply {
    struct Broken: Error, Equatable {}

    private let bytes: [UInt8]
    private let failsAt: Int
    private var offset = 0
    private var block: [UInt8]

    init(_ bytes: [UInt8], block size: Int = 4096, failsAt: Int = .max) {
        self.bytes = bytes
        self.failsAt = failsAt
        block = [UInt8](repeating: 0, count: size)
    }

    func supply(_ take: (Span<UInt8>) -> Void) throws(Broken) {
        guard offset < failsAt else { throw Broken() }
        // Taken out alone, so that it is refilled in place.
        var next = block
        block = []
        let count = min(next.count, bytes.count - offset)
        for index in 0..<count { next[index] = bytes[offset + index] }
        offset += count
        block = next
        take(next.span.extracting(..<count))
    }
}

/// An archive read to its end.
struct Contents: Equatable {
    var members: [TarMember] = []
    var bodies: [[UInt8]] = []
    var size = 0

    init(
        _ supply: Supply,
        limits: TarLimits = .small,
        buffer: Int = 1000
    ) throws(ArchiveError<Supply.Broken>) {
        let reader = TarReader(supply, limits: limits)
        var piece = [UInt8](repeating: 0, count: buffer)
        while let member = try reader.nextMember() {
            members.append(member)
            var body: [UInt8] = []
            while true {
                var room = piece.mutableSpan
                let count = try reader.read(into: &room)
                guard count > 0 else { break }
                body += piece[..<count]
            }
            bodies.append(body)
        }
        size = try reader.finish()
    }
}
