import Slots

/// Writes PEM (RFC 7468): what `PEMBlock` reads, without a library that could fail.
enum PEMText {
    /// One block, in lines of 64 characters.
    static func encode(_ label: String, _ bytes: [UInt8]) -> [UInt8] {
        let digits = Array(Base64.encode(bytes).utf8)
        var text = Array("-----BEGIN \(label)-----\n".utf8)
        for start in stride(from: 0, to: digits.count, by: lineLength) {
            text += digits[start..<min(start + lineLength, digits.count)]
            text.append(UInt8(ascii: "\n"))
        }
        return text + Array("-----END \(label)-----\n".utf8)
    }

    private static let lineLength = 64
}
