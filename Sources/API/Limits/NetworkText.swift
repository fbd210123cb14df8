/// The written forms of addresses and names, as far as a request must have them right.
enum NetworkText {
    /// `192.0.2.1`: four numbers of at most 255, without zeros in front.
    static func isIPv4(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy(\.isDigit) else {
                    return false
                }
                return (Int(part) ?? 256) <= 255 && (part.utf8.count == 1 || part.first != "0")
            }
    }

    /// `2001:db8::1`, also with an IPv4 address at its end; without a zone.
    static func isIPv6(_ text: some StringProtocol) -> Bool { ipv6(text) != nil }

    /// The eight groups of an IPv6 address, which has several written forms; nil when it is none.
    static func ipv6(_ text: some StringProtocol) -> [UInt16]? {
        guard text.contains(":"), !text.contains(":::"), text.utf8.count <= 45 else { return nil }
        let halves = String(text).split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        var found: [[UInt16]] = []
        for (index, half) in halves.enumerated() {
            guard let groups = groups(half, isLast: index == halves.count - 1) else { return nil }
            found.append(groups)
        }
        guard found.count == 2 else { return found[0].count == 8 ? found[0] : nil }
        let zeros = 8 - found[0].count - found[1].count
        return zeros < 1 ? nil : found[0] + [UInt16](repeating: 0, count: zeros) + found[1]
    }

    private static func groups(_ half: Substring, isLast: Bool) -> [UInt16]? {
        guard !half.isEmpty else { return [] }
        var found: [UInt16] = []
        let parts = half.split(separator: ":", omittingEmptySubsequences: false)
        for (place, part) in parts.enumerated() {
            if isLast, place == parts.count - 1, isIPv4(part) {
                let bytes = part.split(separator: ".").compactMap { UInt16($0) }
                found += [bytes[0] << 8 | bytes[1], bytes[2] << 8 | bytes[3]]
            } else if (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexadecimal),
                let group = UInt16(part, radix: 16)
            {
                found.append(group)
            } else {
                return nil
            }
        }
        return found
    }

    /// Whether both are the same address, however they are written.
    static func isSameAddress(_ one: String, _ other: String) -> Bool {
        if let groups = ipv6(one) { return groups == ipv6(other) }
        return one == other
    }

    static func isAddress(_ text: some StringProtocol) -> Bool { isIPv4(text) || isIPv6(text) }

    /// `192.0.2.1/24`.
    static func isNetwork(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].utf8.allSatisfy(\.isDigit), let length = Int(parts[1])
        else { return false }
        return isIPv4(parts[0]) && length <= 32 || isIPv6(parts[0]) && length <= 128
    }

    /// A DNS name as Kubernetes takes it (RFC 1123): lower-case labels of at most 63 characters.
    static func isDomain(_ text: some StringProtocol, atMost limit: Int = 253) -> Bool {
        guard (1...limit).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            let bytes = Array(label.utf8)
            guard (1...63).contains(bytes.count) else { return false }
            return bytes[0] != 0x2d && bytes[bytes.count - 1] != 0x2d
                && bytes.allSatisfy { $0.isDigit || (0x61...0x7a).contains($0) || $0 == 0x2d }
        }
    }

    /// `aa:bb:cc:dd:ee:ff`.
    static func isHardwareAddress(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 6
            && parts.allSatisfy { $0.utf8.count == 2 && $0.utf8.allSatisfy(\.isHexadecimal) }
    }

    /// A name that the kernel takes for a link: 1 to 15 bytes, no blank, slash or colon.
    static func isLink(_ text: String) -> Bool {
        (1...15).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x2f && $0 != 0x3a }
    }

    /// The key of a Kubernetes label: an optional domain, then a name of at most 63 characters.
    static func isLabelKey(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return !parts[0].isEmpty && isLabelValue(parts[0])
        case 2: return isDomain(parts[0]) && !parts[1].isEmpty && isLabelValue(parts[1])
        default: return false
        }
    }

    /// Letters, digits, dashes, dots and underscores, at most 63, beginning and ending with one of
    /// the first two; or nothing.
    static func isLabelValue(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last else { return true }
        return bytes.count <= 63 && first.isLetterOrDigit && last.isLetterOrDigit
            && bytes.allSatisfy { $0.isLetterOrDigit || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f }
    }

    /// `KEY=VALUE:EFFECT` or `KEY:EFFECT`.
    static func isTaint(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, taintEffects.contains(String(parts[1])) else { return false }
        let pair = parts[0].split(
            separator: "=",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        return isLabelKey(pair[0]) && (pair.count == 1 || isLabelValue(pair[1]))
    }

    private static let taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
}
