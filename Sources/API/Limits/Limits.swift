import SwiftProtobuf

/// A request that knows its own limits.
///
/// Every request is checked before the service sees it, so the service never has to wonder. A
/// check throws BAD_REQUEST with the name of the field, what is allowed, and what was found.
protocol Checked: Message {
    func check() throws(CallFailure)
}

/// The limits that several requests share. Text is UTF-8 already: the decoder refuses other.
enum Limits {
    /// Bytes of a text of which nothing else is said.
    static let text = 4096
    /// Bytes of certificates in PEM.
    static let certificates = 256 << 10

    static func refuse(_ field: String, _ words: String) -> CallFailure {
        CallFailure(.badRequest, "\(field) \(words)")
    }

    static func text(
        _ value: String,
        _ field: String,
        atMost limit: Int = text
    ) throws(CallFailure) {
        guard value.utf8.count <= limit else {
            let found = value.utf8.count
            throw refuse(field, "has \(found) bytes, at most \(limit) are taken")
        }
        guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw refuse(field, "has control characters in it")
        }
    }

    /// Text of several lines.
    static func certificates(_ value: String, _ field: String) throws(CallFailure) {
        guard value.utf8.count <= certificates else {
            let found = value.utf8.count
            throw refuse(field, "has \(found) bytes, at most \(certificates) are taken")
        }
        guard value.isEmpty || value.contains("-----BEGIN CERTIFICATE-----") else {
            throw refuse(field, "is no certificate in PEM")
        }
    }

    static func count(_ found: Int, _ field: String, atMost limit: Int) throws(CallFailure) {
        guard found <= limit else {
            throw refuse(field, "has \(found) entries, at most \(limit) are taken")
        }
    }

    static func number(
        _ value: some BinaryInteger,
        _ field: String,
        in range: ClosedRange<Int>,
        orZero: Bool = false
    ) throws(CallFailure) {
        if orZero, value == 0 { return }
        guard let value = Int(exactly: value), range.contains(value) else {
            let bounds = "\(range.lowerBound) to \(range.upperBound)"
            throw refuse(field, "must be \(bounds)\(orZero ? ", or 0" : ""), it is \(value)")
        }
    }

    static func known<Word: Enum>(_ value: Word, _ field: String) throws(CallFailure)
    where Word: CaseIterable {
        guard Word.allCases.contains(where: { $0.rawValue == value.rawValue }) else {
            throw refuse(field, "has no value \(value.rawValue)")
        }
    }

    /// 64 lower-case hexadecimal digits, or nothing.
    static func digest(_ value: String, _ field: String) throws(CallFailure) {
        guard value.isEmpty || isHexadecimal(value, 64) else {
            throw refuse(field, "must be 64 lower-case hexadecimal digits")
        }
    }

    /// The id of an operation.
    static func operation(_ value: String, _ field: String) throws(CallFailure) {
        guard isHexadecimal(value, 32) else {
            throw refuse(field, "must be 32 lower-case hexadecimal digits")
        }
    }

    /// An id that a client makes, or nothing.
    static func request(_ value: String) throws(CallFailure) {
        let isGood = value.utf8.allSatisfy { $0.isLetterOrDigit || $0 == 0x2d || $0 == 0x2e }
        guard value.isEmpty || (isGood && (8...64).contains(value.utf8.count)) else {
            throw refuse("request_id", "must be 8 to 64 letters, digits, dots or dashes")
        }
    }

    /// The name of a service, a link, a probe: 1 to 64 letters, digits, dots, dashes, underscores.
    static func name(_ value: String, _ field: String) throws(CallFailure) {
        let isGood = value.utf8.allSatisfy {
            $0.isLetterOrDigit || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f
        }
        guard isGood, (1...64).contains(value.utf8.count) else {
            throw refuse(field, "must be 1 to 64 letters, digits, dots, dashes or underscores")
        }
    }

    /// A URL of one of these schemes, of which there is a rest.
    static func url(
        _ value: String,
        _ field: String,
        _ schemes: [String]
    ) throws(CallFailure) {
        try text(value, field)
        let isGood = schemes.contains { value.hasPrefix($0) && value.utf8.count > $0.utf8.count }
        guard isGood, !value.utf8.contains(0x20) else {
            let words = schemes.map { "\"\($0)\"" }.joined(separator: " or ")
            throw refuse(field, "must begin with \(words)")
        }
    }

    private static func isHexadecimal(_ value: String, _ count: Int) -> Bool {
        value.utf8.count == count
            && value.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}

extension UInt8 {
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isLetterOrDigit: Bool {
        isDigit || (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self)
    }
    var isHexadecimal: Bool {
        isDigit || (0x41...0x46).contains(self) || (0x61...0x66).contains(self)
    }
}
