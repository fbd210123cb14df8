/// Certificates between PEM and DER.
enum PEM {
    /// The DER of the first certificate in `text`; nil when there is none.
    static func firstCertificate(in text: [UInt8]) -> [UInt8]? {
        guard let start = find(begin, in: text, from: 0).map({ $0 + begin.count }),
            let end = find(end, in: text, from: start)
        else { return nil }
        return decode(text[start..<end])
    }

    private static let begin = Array("-----BEGIN CERTIFICATE-----".utf8)
    private static let end = Array("-----END CERTIFICATE-----".utf8)

    private static func find(_ mark: [UInt8], in text: [UInt8], from start: Int) -> Int? {
        guard text.count - start >= mark.count else { return nil }
        return (start...(text.count - mark.count)).first { offset in
            text[offset] == mark[0] && text[offset..<(offset + mark.count)].elementsEqual(mark)
        }
    }

    /// Base64 with line breaks in it.
    private static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for character in text where !isBlank(character) {
            if character == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let value = value(of: character) else { return nil }
            bits = bits << 6 | value
            count += 1
            guard count % 4 == 0 else { continue }
            bytes += [UInt8(bits >> 16 & 0xff), UInt8(bits >> 8 & 0xff), UInt8(bits & 0xff)]
            bits = 0
        }
        switch (count % 4, padding) {
        case (0, 0): return bytes
        case (2, 2): return bytes + [UInt8(bits >> 4 & 0xff)]
        case (3, 1): return bytes + [UInt8(bits >> 10 & 0xff), UInt8(bits >> 2 & 0xff)]
        default: return nil
        }
    }

    private static func isBlank(_ character: UInt8) -> Bool {
        character == 0x0a || character == 0x0d || character == 0x20
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
