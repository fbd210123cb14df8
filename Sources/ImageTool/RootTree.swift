import Slots
import Trust

/// The dm-verity root hash of a root, from one pass over it. The tree itself is not kept.
struct RootTree {
    private let hashing: OpenSSLHashing
    private let salt: [UInt8]
    private var builder: HashTreeBuilder

    init(size: Int, salt: Digest, hashing: OpenSSLHashing) {
        self.hashing = hashing
        self.salt = salt.bytes
        let blocks = size / HashTree.blockSize
        builder = HashTreeBuilder(dataBlocks: blocks, salt: salt, hashing: hashing)
    }

    /// Takes the next whole blocks of the root.
    mutating func add(_ blocks: Span<UInt8>) {
        let size = blocks.count / HashTree.blockSize * Digest.byteCount
        var digests = [UInt8](repeating: 0, count: size)
        var room = digests.mutableSpan
        hashing.hashBlocks(blocks, salt: salt.span, into: &room)
        builder.append(digests) { _, _ in }
    }

    consuming func finish() -> Digest {
        builder.finish { _, _ in }
    }
}

extension Digest {
    /// The salt of a root that was given none: the same root has the same salt.
    static func salt(of root: Digest, hashing: OpenSSLHashing) -> Digest {
        let bytes = Array("keelos salt".utf8) + root.bytes
        return hashing.sha256(bytes.span)
    }
}
