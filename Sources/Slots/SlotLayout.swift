/// Where things lie in a slot. Computed from signed sizes, never read from the disk.
///
/// | from | to | what |
/// |--|--|--|
/// | 0 | `root.size` | the SquashFS root |
/// | `trailer.lowerBound` | `trailer.upperBound` | manifest, signatures, chunk index |
/// | `tree.lowerBound` | `tree.upperBound` | the dm-verity hash tree, top level first |
///
/// Each begins at a multiple of 4 KiB.
public struct SlotLayout: Sendable, Hashable {
    public static let blockSize = 4096
    /// The first block: as long as it is zero, the slot is not a file system to anybody.
    public static let head = 0..<blockSize

    public let root: Range<Int>
    public let trailer: Range<Int>
    public let tree: Range<Int>
    /// Bytes from the start of the slot to the end of what it holds.
    public var size: Int { tree.upperBound }
    /// Blocks of the root, which the tree covers.
    public var blockCount: Int { root.upperBound / Self.blockSize }

    public init(rootSize: Int, trailerSize: Int) {
        root = 0..<rootSize
        let trailerStart = Self.roundUp(rootSize)
        trailer = trailerStart..<(trailerStart + Self.roundUp(trailerSize))
        let blocks = HashTree.blockCount(dataBlocks: trailerStart / Self.blockSize)
        tree = trailer.upperBound..<(trailer.upperBound + blocks * Self.blockSize)
    }

    public init(of release: Release) {
        self.init(
            rootSize: release.manifest.root.size,
            trailerSize: Trailer.size(
                statement: release.statement,
                indexSize: release.manifest.chunks.count * ChunkIndex.entrySize
            )
        )
    }

    public static func roundUp(_ size: Int) -> Int {
        (size + blockSize - 1) / blockSize * blockSize
    }
}
