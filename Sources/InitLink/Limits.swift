/// How much of everything a message may have. Every value is checked against these before it is
/// packed and after it was unpacked.
public enum Limits {
    /// In one answer.
    public static let services = 64
    /// Bytes in the name of a service.
    public static let name = 64
    /// Bytes in how a service ended.
    public static let lastExit = 256
    /// Bytes in the reason for a restart of the machine.
    public static let reason = 4096
    /// Bytes in a host name.
    public static let hostName = 64
    /// Network interfaces that are set.
    public static let links = 32
    /// Bytes in an interface's name or MAC address.
    public static let match = 64
    /// Bytes in a DHCP client id.
    public static let clientID = 128
    /// Addresses of one interface.
    public static let addresses = 16
    /// Bytes in an address.
    public static let address = 64
    /// Gateways of one interface.
    public static let gateways = 2
    public static let nameservers = 3
    public static let searchDomains = 16
    public static let timeServers = 8
    /// Bytes in a domain.
    public static let domain = 253
    /// Bytes on one packet of an interface.
    public static let mtu: ClosedRange<UInt32> = 68...65536
    /// Tries of a trial.
    public static let attempts: UInt32 = 3
}

/// Which characters a text may have, besides none that is NUL.
enum Alphabet {
    /// All of UTF-8.
    case any
    /// Letters, digits, dots, dashes and underscores of ASCII, at least one.
    case name
    /// Letters, digits, dots and dashes of ASCII, at least one.
    case host
    /// ASCII that can be seen, at least one: names of links, addresses.
    case visible

    func allows(_ byte: UInt8) -> Bool {
        switch self {
        case .any: byte != 0
        case .name: byte.isLetterOrDigit || Array(".-_".utf8).contains(byte)
        case .host: byte.isLetterOrDigit || Array(".-".utf8).contains(byte)
        case .visible: (0x21...0x7e).contains(byte)
        }
    }

    /// Throws when `text` is longer than `limit` bytes or has what may not stand there.
    func check(_ text: String, _ field: MessageFault.Field, limit: Int) throws(MessageFault) {
        guard text.utf8.count <= limit else { throw .tooLong(field, limit: limit) }
        guard text.utf8.allSatisfy(allows) else { throw .text(field) }
        if case .any = self { return }
        guard !text.isEmpty else { throw .missing(field) }
    }

    /// Checks each of `texts`, and that there are at most `count`.
    func check(
        _ texts: [String],
        _ field: MessageFault.Field,
        limit: Int,
        count: Int
    ) throws(MessageFault) {
        guard texts.count <= count else { throw .tooMany(field, limit: count) }
        for text in texts { try check(text, field, limit: limit) }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: false
        }
    }
}
