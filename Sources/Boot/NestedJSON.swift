/// JSON with objects in objects, as the kept configuration holds it. Numbers are those without
/// fractions; everything is bounded, because the file lies on a disk that may be damaged.
///
/// Source: RFC 8259.
enum NestedJSON: Sendable, Hashable {
    case text(String)
    case number(Int)
    case truth(Bool)
    case null
    case list([NestedJSON])
    case object([String: NestedJSON])

    static let depthLimit = 16

    /// `nil` when it is anything else, or deeper than `depthLimit`.
    init?(parsing text: String) {
        var reader = NestedReader(bytes: Array(text.utf8))
        guard let value = reader.value(depth: 0), reader.isAtEnd else { return nil }
        self = value
    }

    /// A member of an object; `nil` when there is none, or this is no object.
    subscript(name: String) -> NestedJSON? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Int? { if case .number(let number) = self { number } else { nil } }
    var list: [NestedJSON] { if case .list(let list) = self { list } else { [] } }
    var texts: [String] { list.compactMap(\.text) }
}

private struct NestedReader {
    let bytes: [UInt8]
    var place = 0

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return place == bytes.count
        }
    }

    mutating func value(depth: Int) -> NestedJSON? {
        skipSpace()
        guard depth < NestedJSON.depthLimit, place < bytes.count else { return nil }
        switch bytes[place] {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return list(depth: depth)
        case UInt8(ascii: "\""): return string().map { .text($0) }
        case UInt8(ascii: "t"): return take("true") ? .truth(true) : nil
        case UInt8(ascii: "f"): return take("false") ? .truth(false) : nil
        case UInt8(ascii: "n"): return take("null") ? .null : nil
        default: return number().map { .number($0) }
        }
    }

    private mutating func object(depth: Int) -> NestedJSON? {
        var members: [String: NestedJSON] = [:]
        place += 1
        if takeMark("}") { return .object(members) }
        repeat {
            skipSpace()
            guard let name = string(), takeMark(":"), let value = value(depth: depth + 1) else {
                return nil
            }
            members[name] = value
        } while takeMark(",")
        return takeMark("}") ? .object(members) : nil
    }

    private mutating func list(depth: Int) -> NestedJSON? {
        var items: [NestedJSON] = []
        place += 1
        if takeMark("]") { return .list(items) }
        repeat {
            guard let item = value(depth: depth + 1) else { return nil }
            items.append(item)
        } while takeMark(",")
        return takeMark("]") ? .list(items) : nil
    }

    private mutating func number() -> Int? {
        let digits = bytes[place...].prefix { 48...57 ~= $0 || $0 == UInt8(ascii: "-") }
        place += digits.count
        return Int(String(decoding: digits, as: UTF8.self))
    }

    private mutating func string() -> String? {
        guard takeByte(UInt8(ascii: "\"")) else { return nil }
        var text: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                text += Array(String(scalar).utf8)
            case ..<32: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    /// Characters beyond the first plane are written as they are by those who write this file.
    private mutating func escape() -> Unicode.Scalar? {
        guard place < bytes.count else { return nil }
        let byte = bytes[place]
        place += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"):
            guard place + 4 <= bytes.count else { return nil }
            let digits = String(decoding: bytes[place..<(place + 4)], as: UTF8.self)
            place += 4
            return UInt16(digits, radix: 16).flatMap { Unicode.Scalar($0) }
        default: return nil
        }
    }

    private mutating func skipSpace() {
        while place < bytes.count, [32, 9, 10, 13].contains(bytes[place]) { place += 1 }
    }

    private mutating func takeMark(_ mark: Unicode.Scalar) -> Bool {
        skipSpace()
        return takeByte(UInt8(ascii: mark))
    }

    private mutating func takeByte(_ byte: UInt8) -> Bool {
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func take(_ word: String) -> Bool {
        guard bytes[place...].starts(with: word.utf8) else { return false }
        place += word.utf8.count
        return true
    }
}
