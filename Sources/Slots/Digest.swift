/// A SHA-256 digest: 32 bytes, kept inline so that tables of them cost no allocation.
public struct Digest: Sendable, Hashable, CustomStringConvertible {
    public static let byteCount = 32

    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Reads the first 32 bytes of `bytes`, in order.
    ///
    /// - Precondition: `bytes` holds at least 32 bytes.
    public init(_ bytes: Span<UInt8>) {
        precondition(bytes.count >= Self.byteCount, "a digest has 32 bytes")
        words.0 = Self.word(bytes, 0)
        words.1 = Self.word(bytes, 8)
        words.2 = Self.word(bytes, 16)
        words.3 = Self.word(bytes, 24)
    }

    /// Reads 64 hexadecimal digits, upper or lower case; `nil` for anything else.
    public init?(hex: String) {
        guard let bytes = [UInt8](hex: hex), bytes.count == Self.byteCount else { return nil }
        self.init(bytes.span)
    }

    /// The 32 bytes, in order.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.byteCount)
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: 56, through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return result
    }

    /// The first 64 bits: a key for tables, never a proof.
    public var prefix: UInt64 { words.0 }

    /// 64 lower-case hexadecimal digits.
    public var hex: String { bytes.hex }

    /// The first 12 hexadecimal digits, for people.
    public var short: String { String(hex.prefix(12)) }

    public var description: String { hex }

    public static func == (lhs: Self, rhs: Self) -> Bool { lhs.words == rhs.words }

    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    private static func word(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in offset..<(offset + 8) { word = word << 8 | UInt64(bytes[index]) }
        return word
    }
}

extension [UInt8] {
    /// Reads pairs of hexadecimal digits; `nil` when there is anything else or an odd digit.
    public init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = Self.nibble(digits[index]), let low = Self.nibble(digits[index + 1])
            else { return nil }
            bytes.append(high << 4 | low)
        }
        self = bytes
    }

    /// Two lower-case hexadecimal digits for each byte.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
