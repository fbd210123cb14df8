import Slots

/// An IPv4 address.
struct IPv4: Sendable, Hashable, CustomStringConvertible {
    /// Host byte order.
    let number: UInt32

    static let any = IPv4(number: 0)
    static let broadcast = IPv4(number: 0xffff_ffff)

    init(number: UInt32) { self.number = number }

    /// Four bytes as they travel.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == 4 else { return nil }
        number = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Four decimal numbers with dots, and nothing else.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ 48...57 ~= $0 }),
                let byte = UInt8(part)
            else { return nil }
            number = number << 8 | UInt32(byte)
        }
        self.number = number
    }

    var bytes: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }

    var description: String { bytes.map { String($0) }.joined(separator: ".") }

    /// Whether a host may have it: not `0.x`, loopback, multicast or beyond.
    var isHost: Bool { (1...223).contains(bytes[0]) && bytes[0] != 127 }

    /// Bits of a netmask, whose ones come before its zeros.
    var prefix: Int? {
        let ones = (~number).leadingZeroBitCount
        return number == (ones == 0 ? 0 : UInt32.max << (32 - UInt32(ones))) ? ones : nil
    }
}

/// An IPv6 address.
struct IPv6: Sendable, Hashable {
    /// 16 of them.
    let bytes: [UInt8]

    /// Source: RFC 4291, section 2.2, without embedded IPv4 addresses and without zones.
    init?(_ text: some StringProtocol) {
        let text = String(text)
        let gap = text.place(of: "::")
        guard let head = Self.groups(text[..<(gap?.lowerBound ?? text.endIndex)]),
            let tail = Self.groups(text[(gap?.upperBound ?? text.endIndex)...])
        else { return nil }
        let missing = 8 - head.count - tail.count
        guard gap == nil ? missing == 0 : missing >= 1 else { return nil }
        let groups = head + [UInt16](repeating: 0, count: missing) + tail
        bytes = groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    }

    private static func groups(_ text: Substring) -> [UInt16]? {
        if text.isEmpty { return [] }
        var groups: [UInt16] = []
        for part in text.split(separator: ":", omittingEmptySubsequences: false) {
            guard (1...4).contains(part.utf8.count), !part.hasPrefix("+"),
                let group = UInt16(part, radix: 16), groups.count < 8
            else { return nil }
            groups.append(group)
        }
        return groups
    }
}

/// An address of either family.
enum Address: Sendable, Hashable {
    case v4(IPv4)
    case v6(IPv6)

    init?(_ text: some StringProtocol) {
        if let address = IPv4(text) {
            self = .v4(address)
        } else if let address = IPv6(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .v4(let address): address.bytes
        case .v6(let address): address.bytes
        }
    }

    var isV6: Bool { if case .v6 = self { true } else { false } }
}

/// An address and how many of its bits name the network.
struct Subnet: Sendable, Hashable {
    let address: Address
    let prefix: Int

    init(_ address: Address, prefix: Int) {
        self.address = address
        self.prefix = prefix
    }

    /// `ADDRESS/PREFIX`.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = Address(parts[0]), let prefix = Int(parts[1]),
            (0...(address.isV6 ? 128 : 32)).contains(prefix)
        else { return nil }
        self.init(address, prefix: prefix)
    }
}
