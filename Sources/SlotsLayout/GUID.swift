/// The identity of a disk, of a partition or of a partition's type.
public struct GUID: Sendable, Hashable, CustomStringConvertible {
    /// 32 hexadecimal digits and four hyphens, lower case, as Linux and GRUB write it.
    public let description: String

    /// Reads the usual form, upper or lower case; `nil` for anything else.
    public init?(_ text: String) {
        let groups = text.utf8.split(
            separator: UInt8(ascii: "-"),
            omittingEmptySubsequences: false
        )
        guard groups.map(\.count) == [8, 4, 4, 4, 12],
            groups.joined().allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        else { return nil }
        description = text.lowercased()
    }

    /// Makes a random one of 16 random bytes (RFC 9562, version 4).
    ///
    /// - Precondition: `bytes` has 16 bytes.
    public init(random bytes: [UInt8]) {
        precondition(bytes.count == 16, "a GUID has 16 bytes")
        var bytes = bytes
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        description = String(decoding: text, as: UTF8.self)
    }

    /// - Precondition: `literal` is well formed: it stands in this source.
    private init(literal: StaticString) {
        description = literal.description
    }

    /// EFI system partition.
    public static let systemType = GUID(literal: "c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
    /// Linux root, x86-64.
    public static let rootType = GUID(literal: "4f68bce3-e8cd-4db1-96e7-fbcaf984b709")
    /// Linux file system.
    public static let dataType = GUID(literal: "0fc63daf-8483-4772-8e79-3d69d8477de4")
}
