/// One message of DHCP, as bytes and back. Source: RFC 2131, section 2; RFC 2132.
///
/// | offset | size | field |
/// |--|--|--|
/// | 0 | 4 | op (1 request, 2 reply), hardware type 1, address length 6, hops 0 |
/// | 4 | 4 | xid, the client's number for the exchange |
/// | 8 | 4 | seconds since it began; flags, whose first bit asks for a broadcast |
/// | 12 | 4 | ciaddr: the client's address, when it has one |
/// | 16 | 4 | yiaddr: the address that is given |
/// | 28 | 16 | chaddr: the client's hardware address |
/// | 44 | 192 | server's name and boot file, or more options (52) |
/// | 236 | 4 | 99, 130, 83, 99 |
/// | 240 | rest | options |
struct DHCPMessage: Sendable, Hashable {
    enum Kind: UInt8, Sendable, Hashable {
        case discover = 1
        case offer
        case request
        case decline
        case acknowledge
        case refuse
        case release
    }

    static let clientPort: UInt16 = 68
    static let serverPort: UInt16 = 67

    var isReply = false
    var exchange: UInt32
    var seconds: UInt16 = 0
    var wantsBroadcast = false
    var clientAddress = IPv4.any
    var yourAddress = IPv4.any
    /// Six bytes.
    var hardware: [UInt8]
    var options: [UInt8: [UInt8]] = [:]

    init(exchange: UInt32, hardware: [UInt8]) {
        self.exchange = exchange
        self.hardware = hardware
    }

    /// `nil` for what is no message of an Ethernet client. Options that come twice are joined, as
    /// RFC 3396 wants it.
    init?(parsing bytes: [UInt8]) {
        guard bytes.count >= 240, bytes[0] == 1 || bytes[0] == 2, bytes[1] == 1, bytes[2] == 6,
            bytes[236..<240] == Self.cookie[...], let yours = IPv4(bytes[16..<20]),
            let client = IPv4(bytes[12..<16])
        else { return nil }
        isReply = bytes[0] == 2
        exchange = bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
        seconds = UInt16(bytes[8]) << 8 | UInt16(bytes[9])
        wantsBroadcast = bytes[10] & 0x80 != 0
        clientAddress = client
        yourAddress = yours
        hardware = Array(bytes[28..<34])
        guard addOptions(bytes[240...]) else { return nil }
        // The fields for names may hold options too: 1 is the file, 2 the server's name.
        let more = options[52]?.first ?? 0
        if more & 1 != 0, !addOptions(bytes[108..<236]) { return nil }
        if more & 2 != 0, !addOptions(bytes[44..<108]) { return nil }
    }

    /// At least 300 bytes, which some relays insist on.
    func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 240)
        bytes.replaceSubrange(0..<3, with: [isReply ? 2 : 1, 1, 6])
        bytes.replaceSubrange(4..<8, with: IPv4(number: exchange).bytes)
        bytes.replaceSubrange(8..<10, with: [UInt8(seconds >> 8), UInt8(seconds & 0xff)])
        bytes[10] = wantsBroadcast ? 0x80 : 0
        bytes.replaceSubrange(12..<16, with: clientAddress.bytes)
        bytes.replaceSubrange(16..<20, with: yourAddress.bytes)
        bytes.replaceSubrange(28..<34, with: hardware)
        bytes.replaceSubrange(236..<240, with: Self.cookie)
        // What kind of message it is comes first, by custom.
        for code in options.keys.sorted(by: { $1 != 53 && ($0 == 53 || $0 < $1) }) {
            let value = (options[code] ?? []).prefix(255)
            bytes += [code, UInt8(value.count)] + value
        }
        bytes.append(255)
        return bytes + [UInt8](repeating: 0, count: max(0, 300 - bytes.count))
    }

    var kind: Kind? {
        guard let value = options[53], value.count == 1 else { return nil }
        return Kind(rawValue: value[0])
    }

    func address(_ code: UInt8) -> IPv4? { options[code].flatMap { IPv4($0) } }

    /// A list of addresses; empty when the option's length is no multiple of four.
    func addresses(_ code: UInt8) -> [IPv4] {
        guard let value = options[code], value.count.isMultiple(of: 4) else { return [] }
        return stride(from: 0, to: value.count, by: 4)
            .compactMap { IPv4(value[$0..<($0 + 4)]) }
    }

    /// Four bytes as a number.
    func number(_ code: UInt8) -> UInt32? { address(code)?.number }

    private static let cookie: [UInt8] = [99, 130, 83, 99]

    /// False when an option is longer than what is left.
    private mutating func addOptions(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while let code = rest.first, code != 255 {
            rest = rest.dropFirst()
            if code == 0 { continue }
            guard let length = rest.first, rest.count > Int(length) else { return false }
            options[code, default: []] += rest.dropFirst().prefix(Int(length))
            rest = rest.dropFirst(1 + Int(length))
        }
        return true
    }
}
