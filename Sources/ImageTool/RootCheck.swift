import Slots
import Trust

/// Holds a root against what was signed, in one pass: every chunk, the whole, and the hash tree.
struct RootCheck: ~Copyable {
    private let path: String
    private let root: Manifest.Root
    private let index: ChunkIndex
    private let hashing: OpenSSLHashing
    private var whole: SHA256Stream
    private var chunk: SHA256Stream
    private var tree: RootTree
    private var number = 0
    private var offset = 0
    private var missing: Int

    /// `path` is what errors name.
    init(_ manifest: Manifest, index: ChunkIndex, path: String, hashing: OpenSSLHashing) {
        self.path = path
        self.index = index
        self.hashing = hashing
        root = manifest.root
        whole = SHA256Stream(hashing)
        chunk = SHA256Stream(hashing)
        tree = RootTree(size: root.size, salt: root.salt, hashing: hashing)
        missing = index.lengthOfChunk(0)
    }

    /// Takes the next whole blocks of the root.
    ///
    /// Throws `.content` at the first chunk that is not as signed.
    mutating func add(_ bytes: Span<UInt8>) throws(ToolError) {
        whole.update(bytes)
        tree.add(bytes)
        var rest = bytes
        while !rest.isEmpty {
            let count = min(missing, rest.count)
            chunk.update(rest.extracting(..<count))
            missing -= count
            rest = rest.extracting(droppingFirst: count)
            if missing == 0 { try close() }
        }
    }

    consuming func finish() throws(ToolError) {
        let path = path
        let root = root
        let digest = whole.finish()
        guard digest == root.sha256 else {
            throw .content(path, part: .whole, found: digest, expected: root.sha256)
        }
        let top = tree.finish()
        guard top == root.verity else {
            throw .content(path, part: .tree, found: top, expected: root.verity)
        }
    }

    private mutating func close() throws(ToolError) {
        var ended = SHA256Stream(hashing)
        swap(&ended, &chunk)
        let found = ended.finish()
        let expected = index.digestOfChunk(number)
        guard found == expected else {
            let part = ToolError.RootPart.chunk(number, offset: offset)
            throw .content(path, part: part, found: found, expected: expected)
        }
        offset += index.lengthOfChunk(number)
        number += 1
        if number < index.count { missing = index.lengthOfChunk(number) }
    }
}

extension ChunkIndex {
    fileprivate func lengthOfChunk(_ chunk: Int) -> Int {
        let start = chunk * Self.entrySize
        return bytes[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    fileprivate func digestOfChunk(_ chunk: Int) -> Digest {
        Digest(bytes.span.extracting(droppingFirst: chunk * Self.entrySize + 4))
    }
}
