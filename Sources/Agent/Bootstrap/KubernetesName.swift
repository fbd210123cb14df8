/// The forms of names that Kubernetes takes. Source: apimachinery, `validation.go`; RFC 1123.
enum KubernetesName {
    /// Labels of lower-case letters, digits and inner dashes, with dots between; 1 to 253 bytes.
    static func isSubdomain(_ text: some StringProtocol) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .allSatisfy { label in
                guard let first = label.first, let last = label.last, label.count <= 63 else {
                    return false
                }
                return isLowerOrDigit(first) && isLowerOrDigit(last)
                    && label.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
            }
    }

    /// `[PREFIX/]NAME`: the prefix a subdomain, the name as `isWord`.
    static func isQualified(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return isWord(parts[0])
        case 2: return isSubdomain(parts[0]) && isWord(parts[1])
        default: return false
        }
    }

    /// 1 to 63 letters, digits, `-`, `_` and `.`; letters or digits at both ends.
    static func isWord(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else {
            return false
        }
        return isLetterOrDigit(first) && isLetterOrDigit(last)
            && bytes.allSatisfy { isLetterOrDigit($0) || "-_.".utf8.contains($0) }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isLowerOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
