/// The dm-verity hash tree: shape and construction.
///
/// Hash type 1, SHA-256, 4 KiB data and hash blocks, salt before the block, no superblock; the top
/// level lies first. Byte for byte what `veritysetup format --no-superblock` writes.
/// Source: Linux `Documentation/admin-guide/device-mapper/verity.rst`.
public enum HashTree {
    public static let blockSize = SlotLayout.blockSize
    public static let digestsPerBlock = blockSize / Digest.byteCount

    /// Blocks of each level, the level above the data first.
    public static func levels(dataBlocks: Int) -> [Int] {
        var levels: [Int] = []
        var count = dataBlocks
        repeat {
            count = (count + digestsPerBlock - 1) / digestsPerBlock
            levels.append(count)
        } while count > 1
        return levels
    }

    public static func blockCount(dataBlocks: Int) -> Int {
        levels(dataBlocks: dataBlocks).reduce(0, +)
    }

    /// The first block of each level, counted from the start of the tree; the data's level first.
    public static func levelStarts(dataBlocks: Int) -> [Int] {
        let levels = levels(dataBlocks: dataBlocks)
        return levels.indices.map { level in levels[(level + 1)...].reduce(0, +) }
    }
}

/// Builds the tree from the digests of the data blocks, in order, in memory that grows only with
/// the height of the tree. Finished blocks are handed to `emit`.
public struct HashTreeBuilder {
    private let hashing: any Hashing
    private let salt: [UInt8]
    private let starts: [Int]
    private var expected: Int
    private var pending: [[UInt8]]
    private var emitted: [Int]

    public init(dataBlocks: Int, salt: Digest, hashing: any Hashing) {
        precondition(dataBlocks > 1, "a tree over at least two blocks")
        self.hashing = hashing
        self.salt = salt.bytes
        starts = HashTree.levelStarts(dataBlocks: dataBlocks)
        expected = dataBlocks
        pending = starts.map { _ in [] }
        emitted = starts.map { _ in 0 }
    }

    /// Takes the digests of the next data blocks: 32 bytes each.
    public mutating func append<E: Error>(
        _ digests: [UInt8],
        emit: (_ block: Int, _ bytes: [UInt8]) throws(E) -> Void
    ) throws(E) {
        precondition(digests.count.isMultiple(of: Digest.byteCount), "whole digests")
        expected -= digests.count / Digest.byteCount
        precondition(expected >= 0, "no more digests than data blocks")
        var offset = 0
        while offset < digests.count {
            let room = HashTree.blockSize - pending[0].count
            let count = min(room, digests.count - offset)
            pending[0] += digests[offset..<(offset + count)]
            offset += count
            if pending[0].count == HashTree.blockSize { try close(level: 0, emit: emit) }
        }
    }

    /// Closes the unfinished blocks and returns the root hash.
    public consuming func finish<E: Error>(
        emit: (_ block: Int, _ bytes: [UInt8]) throws(E) -> Void
    ) throws(E) -> Digest {
        precondition(expected == 0, "every data block was given")
        for level in pending.indices.dropLast() where !pending[level].isEmpty {
            try close(level: level, emit: emit)
        }
        return try top(emit: emit)
    }

    private mutating func top<E: Error>(
        emit: (_ block: Int, _ bytes: [UInt8]) throws(E) -> Void
    ) throws(E) -> Digest {
        let level = pending.count - 1
        if !pending[level].isEmpty { try close(level: level, emit: emit) }
        return root
    }

    private var root = Digest([UInt8](repeating: 0, count: Digest.byteCount).span)

    private mutating func close<E: Error>(
        level: Int,
        emit: (_ block: Int, _ bytes: [UInt8]) throws(E) -> Void
    ) throws(E) {
        var block = pending[level]
        block.append(contentsOf: repeatElement(0, count: HashTree.blockSize - block.count))
        pending[level].removeAll(keepingCapacity: true)
        try emit(starts[level] + emitted[level], block)
        emitted[level] += 1
        let digest = hashing.hashes(of: block, salt: salt)
        guard level + 1 < pending.count else {
            root = Digest(digest.span)
            return
        }
        pending[level + 1] += digest
        if pending[level + 1].count == HashTree.blockSize {
            try close(level: level + 1, emit: emit)
        }
    }
}
