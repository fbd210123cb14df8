/// What follows the root in a slot, so that a slot explains itself.
///
/// | offset | size | field |
/// |--|--|--|
/// | 0 | 8 | magic `KEELSLT1` |
/// | 8 | 4 | m: bytes of `manifest.json`, little-endian |
/// | 12 | 4 | s: bytes of `manifest.sig` |
/// | 16 | 4 | i: bytes of `chunks.idx` |
/// | 20 | 4 | zero |
/// | 24 | m | `manifest.json` |
/// | 24 + m | s | `manifest.sig` |
/// | 24 + m + s | i | `chunks.idx` |
///
/// Zero to the next multiple of 4 KiB. Nothing here is believed before its signatures are checked.
public struct Trailer: Sendable, Hashable {
    public static let magic = Array("KEELSLT1".utf8)
    public static let headerSize = 24

    public let statement: SignedStatement
    public let index: [UInt8]

    public init(statement: SignedStatement, index: [UInt8]) {
        self.statement = statement
        self.index = index
    }

    public static func size(statement: SignedStatement, indexSize: Int) -> Int {
        headerSize + statement.manifest.count + statement.signatures.count + indexSize
    }

    /// The bytes on the disk, a multiple of 4 KiB.
    public func encoded() -> [UInt8] { parts.flatMap { $0 } }

    /// The same bytes end to end, without a copy of the index, which may be large.
    var parts: [[UInt8]] {
        let size = Self.size(statement: statement, indexSize: index.count)
        var head = Self.magic
        head.append(littleEndian: UInt32(statement.manifest.count))
        head.append(littleEndian: UInt32(statement.signatures.count))
        head.append(littleEndian: UInt32(index.count))
        head.append(littleEndian: 0)
        head += statement.manifest
        head += statement.signatures
        let padding = [UInt8](repeating: 0, count: SlotLayout.roundUp(size) - size)
        return [head, index, padding]
    }

    /// The three lengths, when `header` begins a trailer and they are within the limits.
    static func lengths(_ header: [UInt8]) -> (manifest: Int, signatures: Int, index: Int)? {
        guard header.count >= headerSize, header.starts(with: magic) else { return nil }
        let manifest = Int(header.littleEndian32(at: 8))
        let signatures = Int(header.littleEndian32(at: 12))
        let index = Int(header.littleEndian32(at: 16))
        guard header.littleEndian32(at: 20) == 0,
            manifest <= SignedStatement.manifestLimit,
            signatures <= SignedStatement.signaturesLimit,
            index <= Manifest.chunkCountLimit * ChunkIndex.entrySize
        else { return nil }
        return (manifest, signatures, index)
    }
}
