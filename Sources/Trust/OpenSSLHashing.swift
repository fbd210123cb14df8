import CCrypto
public import Slots

/// SHA-256 by libcrypto, which uses the processor's SHA instructions where there are any.
///
/// The algorithm is looked up once, when the value is made: `EVP_MD_fetch` takes a lock and walks
/// the providers, which costs more than hashing a small block. Copies share it; any number of
/// threads may hash at once. Source: `EVP_DigestInit(3)`.
public struct OpenSSLHashing: Hashing {
    private let algorithm: DigestAlgorithm

    /// - Precondition: libcrypto offers SHA-256 (its default provider is built in).
    public init() {
        algorithm = DigestAlgorithm()
    }

    public func sha256(_ bytes: Span<UInt8>) -> Digest {
        var stream = SHA256Stream(self)
        stream.update(bytes)
        return stream.finish()
    }

    /// Hashes each whole 4 KiB block of `blocks` with `salt` before it, 32 bytes each.
    ///
    /// One context serves all blocks, so a call allocates once whatever its length.
    ///
    /// - Precondition: `blocks` holds whole blocks and `digests` 32 bytes for each of them.
    public func hashBlocks(
        _ blocks: Span<UInt8>,
        salt: Span<UInt8>,
        into digests: inout MutableSpan<UInt8>
    ) {
        precondition(blocks.count.isMultiple(of: Self.blockSize), "blocks are whole")
        let count = blocks.count / Self.blockSize
        precondition(digests.count >= count * Digest.byteCount, "each block has room for a digest")
        let context = DigestContext()
        for index in 0..<count {
            let start = index * Self.blockSize
            context.begin(algorithm)
            context.add(salt)
            context.add(blocks.extracting(start..<(start + Self.blockSize)))
            context.finish(into: &digests, at: index * Digest.byteCount)
        }
    }

    func begin(_ context: borrowing DigestContext) {
        context.begin(algorithm)
    }

    private static let blockSize = 4096
}
