/// `chunks.idx`: the root in content-defined pieces, each with its digest.
///
/// | offset | size | field |
/// |--|--|--|
/// | 36 i | 4 | length of chunk i, little-endian; 1 byte to 1 MiB |
/// | 36 i + 4 | 32 | SHA-256 of its bytes |
///
/// Kept as the bytes it came in: 36 bytes for each chunk, whatever the image's size.
public struct ChunkIndex: Sendable, Hashable {
    public static let entrySize = 36

    /// One piece of the root.
    public struct Chunk: Sendable, Hashable {
        /// Position in the root.
        public let offset: Int
        public let length: Int
        public let digest: Digest

        public init(offset: Int, length: Int, digest: Digest) {
            self.offset = offset
            self.length = length
            self.digest = digest
        }

        public var range: Range<Int> { offset..<(offset + length) }
    }

    public let bytes: [UInt8]
    public var count: Int { bytes.count / Self.entrySize }

    /// Reads the index that `manifest` signed: its digest, its count, and lengths that add up.
    public init(
        parsing bytes: [UInt8],
        for manifest: Manifest,
        hashing: any Hashing
    ) throws(ChunkIndexError) {
        guard bytes.count == manifest.chunks.count * Self.entrySize else {
            throw .wrongSize(found: bytes.count, expected: manifest.chunks.count * Self.entrySize)
        }
        let digest = hashing.sha256(bytes.span)
        guard digest == manifest.chunks.sha256 else {
            throw .wrongDigest(found: digest, expected: manifest.chunks.sha256)
        }
        self.bytes = bytes
        var total = 0
        for index in 0..<count {
            let length = length(at: index)
            guard (1...Manifest.chunkSizeLimit).contains(length) else {
                throw .badLength(chunk: index, length: length)
            }
            total += length
        }
        guard total == manifest.root.size else {
            throw .wrongTotal(found: total, expected: manifest.root.size)
        }
    }

    /// The index of `chunks`, which cover a root from end to end.
    public init(_ chunks: [(length: Int, digest: Digest)]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(chunks.count * Self.entrySize)
        for chunk in chunks {
            bytes.append(littleEndian: UInt32(chunk.length))
            bytes.append(contentsOf: chunk.digest.bytes)
        }
        self.bytes = bytes
    }

    /// The chunks from the first byte of the root to its last.
    public var chunks: some Sequence<Chunk> {
        sequence(state: (index: 0, offset: 0)) { state -> Chunk? in
            guard state.index < count else { return nil }
            let chunk = Chunk(
                offset: state.offset,
                length: length(at: state.index),
                digest: digest(at: state.index)
            )
            state = (state.index + 1, chunk.range.upperBound)
            return chunk
        }
    }

    func length(at index: Int) -> Int { Int(bytes.littleEndian32(at: index * Self.entrySize)) }

    func digest(at index: Int) -> Digest {
        Digest(bytes.span.extracting(droppingFirst: index * Self.entrySize + 4))
    }
}

/// Why `chunks.idx` was refused.
public enum ChunkIndexError: Error, Sendable, Hashable {
    case wrongSize(found: Int, expected: Int)
    case wrongDigest(found: Digest, expected: Digest)
    case badLength(chunk: Int, length: Int)
    case wrongTotal(found: Int, expected: Int)
}

extension [UInt8] {
    mutating func append(littleEndian number: UInt32) {
        for shift in stride(from: 0, to: 32, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> UInt32(shift)))
        }
    }

    func littleEndian32(at offset: Int) -> UInt32 {
        UInt32(self[offset]) | UInt32(self[offset + 1]) << 8
            | UInt32(self[offset + 2]) << 16 | UInt32(self[offset + 3]) << 24
    }
}
