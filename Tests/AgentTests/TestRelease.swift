import Archive
import Slots
import Trust

/// A real, signed release of a small root: real keys, real digests, a real tree.
struct TestRelease {
    static let key = Result { try PrivateKey.generate() }

    let manifest: Manifest
    let statement: SignedStatement
    let digest: Digest
    let root: [UInt8]
    let index: ChunkIndex
    let tree: [UInt8]

    /// Half of the blocks are the same in every version.
    init(_ version: String, blocks: Int = 64, amend: (inout Manifest) -> Void = { _ in }) throws {
        let hashing = OpenSSLHashing()
        let key = try Self.key.get()
        let root = Self.root(version, blocks)
        let pieces = stride(from: 0, to: root.count, by: 4096).map { start in
            Array(root[start..<min(start + 4096, root.count)])
        }
        let index = ChunkIndex(pieces.map { ($0.count, hashing.sha256($0.span)) })
        let salt = hashing.sha256(Array("salt".utf8).span)
        var builder = HashTreeBuilder(dataBlocks: blocks, salt: salt, hashing: hashing)
        var tree = [UInt8](repeating: 0, count: HashTree.blockCount(dataBlocks: blocks) * 4096)
        func put(_ block: Int, _ content: [UInt8]) {
            tree.replaceSubrange(block * 4096..<block * 4096 + content.count, with: content)
        }
        var leaves = [UInt8](repeating: 0, count: blocks * 32)
        var span = leaves.mutableSpan
        hashing.hashBlocks(root.span, salt: salt.bytes.span, into: &span)
        builder.append(leaves, emit: put)
        let verity = builder.finish(emit: put)
        var manifest = Manifest(
            name: "keelos",
            version: Version(version) ?? Self.zero,
            board: "x86_64-uefi",
            epoch: 1,
            created: Timestamp(seconds: 1_790_000_000),
            root: .init(
                size: root.count,
                sha256: hashing.sha256(root.span),
                verity: verity,
                salt: salt
            ),
            chunks: .init(
                algorithm: "fixed",
                minimum: 1,
                average: 4096,
                maximum: 4096,
                count: pieces.count,
                sha256: hashing.sha256(index.bytes.span)
            ),
            keys: [key.publicKey.der],
            threshold: 1
        )
        amend(&manifest)
        (self.root, self.index, self.tree, self.manifest) = (root, index, tree, manifest)
        let bytes = manifest.encoded()
        var signatures = Signatures()
        signatures.add(Signature(keyID: key.publicKey.id, bytes: try key.sign(bytes.span)))
        statement = SignedStatement(manifest: bytes, signatures: signatures.encoded())
        digest = hashing.sha256(bytes.span)
    }

    /// Root, trailer and tree as they lie in a slot.
    var slotBytes: [UInt8] {
        root + Trailer(statement: statement, index: index.bytes).encoded() + tree
    }

    /// The bundle as a server has it.
    func bundle() throws -> [UInt8] {
        var bytes: [UInt8] = []
        let writer = try TarWriter<Never> { (span) throws(Never) in
            for index in span.indices { bytes.append(span[index]) }
        }
        for (name, body) in [
            ("manifest.json", statement.manifest), ("manifest.sig", statement.signatures),
            ("chunks.idx", index.bytes), ("root.squashfs", root),
        ] {
            try writer.begin(name, size: body.count)
            try writer.write(body.span)
        }
        try writer.finish()
        return bytes
    }

    private static func root(_ version: String, _ blocks: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for block in 0..<blocks {
            let name = block.isMultiple(of: 2) ? version : "all versions"
            var word = "\(name) \(block)".utf8.reduce(14_695_981_039_346_656_037 as UInt64) {
                ($0 ^ UInt64($1)) &* 1_099_511_628_211
            }
            for _ in 0..<512 {
                word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                for shift in stride(from: 0, to: 64, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
                }
            }
        }
        bytes.replaceSubrange(0..<4, with: Array("hsqs".utf8))
        for index in 0..<8 {
            bytes[40 + index] = UInt8(truncatingIfNeeded: (blocks * 4096) >> (8 * index))
        }
        return bytes
    }

    private static var zero: Version {
        guard let version = Version("0.0.0") else { preconditionFailure("0.0.0 is a version") }
        return version
    }
}
