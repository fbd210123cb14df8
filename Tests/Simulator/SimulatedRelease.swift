public import Slots
public import Trust

/// A real, signed release of a small root: real keys, real digests, a real tree.
public struct SimulatedRelease: Sendable {
    public let root: [UInt8]
    public let index: ChunkIndex
    public let statement: SignedStatement
    public let digest: Digest
    public let manifest: Manifest
    /// Root, trailer and tree as they lie in a slot that holds the release.
    public let slotBytes: [UInt8]

    /// Chunks of about `chunkSize` bytes; cut points move with the content only as far as a
    /// version shares it with another: `shared` bytes are the same in every version.
    public init(
        version: String,
        blocks: Int = 14,
        epoch: Int = 1,
        chunkSize: Int = 5000,
        keys: [PrivateKey],
        amend: (inout Manifest) -> Void = { _ in }
    ) throws {
        let hashing = OpenSSLHashing()
        let root = Self.root(version: version, size: blocks * SlotLayout.blockSize)
        var chunks: [(length: Int, digest: Digest)] = []
        for start in stride(from: 0, to: root.count, by: chunkSize) {
            let bytes = Array(root[start..<min(start + chunkSize, root.count)])
            chunks.append((bytes.count, hashing.sha256(bytes.span)))
        }
        let index = ChunkIndex(chunks)
        let salt = hashing.sha256(Array("salt".utf8).span)
        let tree = Self.tree(over: root, salt: salt, hashing)
        var manifest = Manifest(
            name: "keelos",
            version: Version(version) ?? Version.placeholder,
            board: "x86_64-uefi",
            epoch: epoch,
            created: Timestamp(seconds: 1_790_000_000),
            root: Manifest.Root(
                size: root.count,
                sha256: hashing.sha256(root.span),
                verity: tree.root,
                salt: salt
            ),
            chunks: Manifest.Chunks(
                algorithm: "fixed",
                minimum: 1,
                average: chunkSize,
                maximum: chunkSize,
                count: chunks.count,
                sha256: hashing.sha256(index.bytes.span)
            ),
            keys: keys.map(\.publicKey.der),
            threshold: 1
        )
        amend(&manifest)
        let bytes = manifest.encoded()
        var signatures = Signatures()
        for key in keys {
            signatures.add(
                Signature(keyID: key.publicKey.id, bytes: try key.sign(bytes.span))
            )
        }
        let statement = SignedStatement(manifest: bytes, signatures: signatures.encoded())
        self.root = root
        self.index = index
        self.statement = statement
        self.manifest = manifest
        digest = hashing.sha256(bytes.span)
        slotBytes = root + Trailer(statement: statement, index: index.bytes).encoded() + tree.bytes
    }

    /// A root that begins with a SquashFS superblock; about half of it is the same in all versions.
    private static func root(version: String, size: Int) -> [UInt8] {
        var own = SeededGenerator(seed: version.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
        var common = SeededGenerator(seed: 1)
        var bytes: [UInt8] = []
        while bytes.count < size {
            let piece = min(6000, size - bytes.count)
            bytes += (bytes.count / 6000).isMultiple(of: 2) ? own.bytes(piece) : common.bytes(piece)
        }
        bytes.replaceSubrange(0..<4, with: Array("hsqs".utf8))
        for index in 0..<8 {
            bytes[40 + index] = UInt8(truncatingIfNeeded: size >> (8 * index))
        }
        return bytes
    }

    private static func tree(
        over root: [UInt8],
        salt: Digest,
        _ hashing: OpenSSLHashing
    ) -> (bytes: [UInt8], root: Digest) {
        let blocks = root.count / SlotLayout.blockSize
        var builder = HashTreeBuilder(dataBlocks: blocks, salt: salt, hashing: hashing)
        var bytes = [UInt8](
            repeating: 0,
            count: HashTree.blockCount(dataBlocks: blocks) * SlotLayout.blockSize
        )
        func put(_ block: Int, _ content: [UInt8]) {
            let start = block * SlotLayout.blockSize
            bytes.replaceSubrange(start..<(start + content.count), with: content)
        }
        var leaves = [UInt8](repeating: 0, count: blocks * Digest.byteCount)
        var span = leaves.mutableSpan
        hashing.hashBlocks(root.span, salt: salt.bytes.span, into: &span)
        builder.append(leaves, emit: put)
        let digest = builder.finish(emit: put)
        return (bytes, digest)
    }
}

extension Version {
    static var placeholder: Version {
        guard let version = Version("0.0.0") else { preconditionFailure("0.0.0 is a version") }
        return version
    }
}
