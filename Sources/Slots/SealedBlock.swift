/// A block of 4096 bytes that proves itself: what a power cut tore, or another hand wrote, does
/// not open.
///
/// | offset | size | field |
/// |--|--|--|
/// | 0 | 9 | `KEELBOX1 ` |
/// | 9 | 64 | SHA-256 of the content, hexadecimal |
/// | 73 | 5 | a space and the content's length, four digits |
/// | 78 | 1 | newline |
/// | 79 | length | the content |
/// | 79 + length | rest | newlines |
public enum SealedBlock {
    public static let size = 4096
    public static let magic = "KEELBOX1"
    static let headSize = 79
    /// The most a block holds.
    public static let capacity = size - headSize

    /// - Precondition: `content` has at most `capacity` bytes.
    public static func seal(_ content: [UInt8], _ hashing: any Hashing) -> [UInt8] {
        seal(content, digest: hashing.sha256(content.span).hex)
    }

    /// The block that says that a ring was made here: always the same, so that it takes no
    /// hashing to make one.
    public static var emptyRing: [UInt8] {
        seal(
            Array("{\"ring\": 1}\n".utf8),
            digest: "6406974671e2d68544cbe7ac47e3a173d68bbad2d1b068aaeb83f3376ef059e6"
        )
    }

    private static func seal(_ content: [UInt8], digest: String) -> [UInt8] {
        precondition(content.count <= capacity, "the content fits its block")
        let digits = String(content.count)
        let length = String(repeating: "0", count: 4 - digits.utf8.count) + digits
        var block = Array("\(magic) \(digest) \(length)\n".utf8)
        block += content
        block += [UInt8](repeating: UInt8(ascii: "\n"), count: size - block.count)
        return block
    }

    /// The content; `nil` when the block is not exactly as it was sealed.
    public static func open(_ block: [UInt8], _ hashing: any Hashing) -> [UInt8]? {
        guard block.count == size, block.starts(with: Array("\(magic) ".utf8)) else { return nil }
        let head = String(decoding: block[..<headSize], as: UTF8.self)
            .split(separator: " ", omittingEmptySubsequences: false)
        guard head.count == 3, let digest = Digest(hex: String(head[1])),
            let length = Int(head[2].dropLast()), (0...capacity).contains(length)
        else { return nil }
        let content = Array(block[headSize..<(headSize + length)])
        // The head and the padding are proven too: they are as sealing writes them, or nothing.
        guard hashing.sha256(content.span) == digest, seal(content, hashing) == block else {
            return nil
        }
        return content
    }
}
