public import Slots

/// A SHA-256 computation fed piece by piece.
///
/// Holds one libcrypto context; memory does not grow with what is fed.
public struct SHA256Stream: ~Copyable {
    private let context: DigestContext

    public init(_ hashing: OpenSSLHashing) {
        context = DigestContext()
        hashing.begin(context)
    }

    /// Adds the next bytes of the message.
    public mutating func update(_ bytes: Span<UInt8>) {
        context.add(bytes)
    }

    /// Ends the computation.
    public consuming func finish() -> Digest {
        var digest = InlineArray<32, UInt8>(repeating: 0)
        var room = digest.mutableSpan
        context.finish(into: &room, at: 0)
        return Digest(digest.span)
    }
}
