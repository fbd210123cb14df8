/// One flat JSON object (RFC 8259), read strictly: no nesting, no duplicate keys, no fractions,
/// nothing after it. Values are strings, unsigned integers up to 2^53 and arrays of strings.
public struct FlatJSON: Sendable, Hashable {
    public enum Value: Sendable, Hashable {
        case text(String)
        case number(Int)
        case list([String])
    }

    /// Why the bytes were refused. `offset` is where reading stopped.
    public enum Fault: Error, Sendable, Hashable {
        case malformed(offset: Int)
        case nested(offset: Int)
        case duplicate(key: String)
        case numberOutOfRange(offset: Int)
        case tooMany(offset: Int)
    }

    static let memberLimit = 128
    static let listLimit = 64
    static let numberLimit = 1 << 53

    public private(set) var members: [String: Value] = [:]

    public init(parsing bytes: [UInt8]) throws(Fault) {
        var reader = Reader(bytes: bytes)
        try reader.expect(UInt8(ascii: "{"))
        if !reader.accept(UInt8(ascii: "}")) {
            repeat {
                guard members.count < Self.memberLimit else {
                    throw .tooMany(offset: reader.offset)
                }
                reader.skipSpace()
                let key = try reader.string()
                guard members[key] == nil else { throw .duplicate(key: key) }
                try reader.expect(UInt8(ascii: ":"))
                members[key] = try reader.value()
            } while reader.accept(UInt8(ascii: ","))
            try reader.expect(UInt8(ascii: "}"))
        }
        reader.skipSpace()
        guard reader.offset == bytes.count else { throw .malformed(offset: reader.offset) }
    }
}

private struct Reader {
    let bytes: [UInt8]
    var offset = 0

    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { offset += 1 }
    }

    mutating func accept(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        offset += 1
        return true
    }

    mutating func expect(_ byte: UInt8) throws(FlatJSON.Fault) {
        guard accept(byte) else { throw .malformed(offset: offset) }
    }

    mutating func value() throws(FlatJSON.Fault) -> FlatJSON.Value {
        skipSpace()
        guard let next else { throw .malformed(offset: offset) }
        switch next {
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        case UInt8(ascii: "["): return .list(try list())
        case UInt8(ascii: "{"): throw .nested(offset: offset)
        default: throw .malformed(offset: offset)
        }
    }

    mutating func list() throws(FlatJSON.Fault) -> [String] {
        try expect(UInt8(ascii: "["))
        if accept(UInt8(ascii: "]")) { return [] }
        var items: [String] = []
        repeat {
            guard items.count < FlatJSON.listLimit else { throw .tooMany(offset: offset) }
            skipSpace()
            guard next != UInt8(ascii: "["), next != UInt8(ascii: "{") else {
                throw .nested(offset: offset)
            }
            items.append(try string())
        } while accept(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
        return items
    }

    mutating func number() throws(FlatJSON.Fault) -> Int {
        let start = offset
        var number = 0
        while let byte = next, (48...57).contains(byte) {
            number = number * 10 + Int(byte - 48)
            guard number <= FlatJSON.numberLimit else { throw .numberOutOfRange(offset: start) }
            offset += 1
        }
        let isPadded = bytes[start] == 48 && offset - start > 1
        let goesOn = next.map { [0x2e, 0x65, 0x45].contains($0) } ?? false
        guard !isPadded, !goesOn else { throw .numberOutOfRange(offset: start) }
        return number
    }

    mutating func string() throws(FlatJSON.Fault) -> String {
        guard next == UInt8(ascii: "\"") else { throw .malformed(offset: offset) }
        let start = offset
        offset += 1
        var text: [UInt8] = []
        while let byte = next {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw .malformed(offset: start)
                }
                return string
            case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20: throw .malformed(offset: offset - 1)
            default: text.append(byte)
            }
        }
        throw .malformed(offset: start)
    }

    private mutating func escape() throws(FlatJSON.Fault) -> Unicode.Scalar {
        guard let byte = next else { throw .malformed(offset: offset) }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw .malformed(offset: offset - 1)
        }
        let high = try codeUnit()
        guard (0xd800..<0xdc00).contains(high) else { return try scalar(high) }
        guard next == UInt8(ascii: "\\") else { throw .malformed(offset: offset) }
        offset += 1
        guard next == UInt8(ascii: "u") else { throw .malformed(offset: offset) }
        offset += 1
        let low = try codeUnit()
        guard (0xdc00..<0xe000).contains(low) else { throw .malformed(offset: offset) }
        return try scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
    }

    private func scalar(_ code: UInt32) throws(FlatJSON.Fault) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(code) else { throw .malformed(offset: offset) }
        return scalar
    }

    private mutating func codeUnit() throws(FlatJSON.Fault) -> UInt32 {
        guard offset + 4 <= bytes.count,
            let digits = [UInt8](hex: String(decoding: bytes[offset..<(offset + 4)], as: UTF8.self))
        else { throw .malformed(offset: offset) }
        offset += 4
        return UInt32(digits[0]) << 8 | UInt32(digits[1])
    }
}
