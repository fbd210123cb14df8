/// A release's version: Semantic Versioning 2.0.0, with its order of precedence.
public struct Version: Sendable, Hashable, Comparable, CustomStringConvertible {
    public static let lengthLimit = 64

    public let major: Int
    public let minor: Int
    public let patch: Int
    /// Dot-separated identifiers after `-`; a release without them comes after one with.
    public let prerelease: [String]
    /// Dot-separated identifiers after `+`; they do not take part in the order.
    public let build: [String]

    /// Reads `1.2.3`, `1.2.3-rc.1` or `1.2.3-rc.1+build.5`; `nil` for anything else.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.lengthLimit else { return nil }
        let plus = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        let dash = plus[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = dash[0].split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3,
            let major = Self.number(numbers[0]),
            let minor = Self.number(numbers[1]),
            let patch = Self.number(numbers[2]),
            let prerelease = Self.identifiers(dash.count > 1 ? dash[1] : nil, strict: true),
            let build = Self.identifiers(plus.count > 1 ? plus[1] : nil, strict: false)
        else { return nil }
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
        self.build = build
    }

    public var description: String {
        "\(major).\(minor).\(patch)"
            + (prerelease.isEmpty ? "" : "-" + prerelease.joined(separator: "."))
            + (build.isEmpty ? "" : "+" + build.joined(separator: "."))
    }

    public static func < (lhs: Self, rhs: Self) -> Bool {
        let left = (lhs.major, lhs.minor, lhs.patch)
        let right = (rhs.major, rhs.minor, rhs.patch)
        if left != right { return left < right }
        if lhs.prerelease.isEmpty || rhs.prerelease.isEmpty {
            return !lhs.prerelease.isEmpty && rhs.prerelease.isEmpty
        }
        for (left, right) in zip(lhs.prerelease, rhs.prerelease) where left != right {
            return precedes(left, right)
        }
        return lhs.prerelease.count < rhs.prerelease.count
    }

    /// Numbers compare as numbers and come before words; words compare byte by byte.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        switch (number(left[...]), number(right[...])) {
        case (let left?, let right?): left < right
        case (_?, nil): true
        case (nil, _?): false
        case (nil, nil): left.utf8.lexicographicallyPrecedes(right.utf8)
        }
    }

    /// Digits without a leading zero, at most nine of them.
    private static func number(_ text: Substring) -> Int? {
        let digits = text.utf8
        guard (1...9).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }),
            digits.count == 1 || digits.first != 48
        else { return nil }
        return Int(text)
    }

    private static func identifiers(_ text: Substring?, strict: Bool) -> [String]? {
        guard let text else { return [] }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        for part in parts {
            guard !part.isEmpty, part.utf8.allSatisfy(isIdentifierByte) else { return nil }
            let isNumeric = part.utf8.allSatisfy { (48...57).contains($0) }
            if strict, isNumeric, number(part) == nil { return nil }
        }
        return parts.map(String.init)
    }

    private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
