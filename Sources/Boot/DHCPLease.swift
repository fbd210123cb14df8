/// What a DHCP server gave, for a time.
struct DHCPLease: Sendable, Hashable {
    struct Route: Sendable, Hashable {
        let target: IPv4
        let prefix: Int
        let gateway: IPv4
    }

    let address: IPv4
    let prefix: Int
    let server: IPv4
    let routes: [Route]
    let nameservers: [IPv4]
    let searchDomain: String?
    let timeServers: [IPv4]
    let mtu: Int?
    /// After these from when it was given: ask the same server again, ask anybody, give it up.
    let renewal: Duration
    let rebinding: Duration
    let end: Duration

    /// From a server's word; `nil` when it names no address that a host may have, no server, or
    /// no time. Source: RFC 2132; RFC 3442 for the routes; RFC 2131, 4.4.5 for the times.
    init?(_ message: DHCPMessage) {
        guard message.yourAddress.isHost, let server = message.address(54),
            let seconds = message.number(51), seconds > 0
        else { return nil }
        address = message.yourAddress
        self.server = server
        prefix = message.address(1)?.prefix ?? Self.classPrefix(of: message.yourAddress)
        let classless = message.options[121].flatMap(Self.routes)
        routes =
            classless
            ?? message.addresses(3).prefix(1)
            .map { Route(target: .any, prefix: 0, gateway: $0) }
        nameservers = Array(message.addresses(6).filter(\.isHost).prefix(3))
        searchDomain = message.options[15].flatMap(Self.domain)
        timeServers = Array(message.addresses(42).filter(\.isHost).prefix(8))
        let wide = message.options[26].flatMap {
            $0.count == 2 ? Int($0[0]) << 8 | Int($0[1]) : nil
        }
        mtu = wide.flatMap { (576...65535).contains($0) ? $0 : nil }
        // A minute at least: a server that gives seconds would be asked all the time.
        let total = max(60, seconds)
        let second = min(message.number(59).map { max(1, $0) } ?? total / 8 * 7, total)
        let first = min(message.number(58).map { max(1, $0) } ?? total / 2, second)
        renewal = .seconds(Int64(first))
        rebinding = .seconds(Int64(second))
        // All ones is for ever: a hundred years are.
        end = .seconds(seconds == .max ? 3_155_760_000 : Int64(total))
    }

    private static func classPrefix(of address: IPv4) -> Int {
        switch address.bytes[0] {
        case ..<128: 8
        case ..<192: 16
        default: 24
        }
    }

    /// Pairs of a network, with only as many bytes as it has, and its gateway.
    private static func routes(_ bytes: [UInt8]) -> [Route]? {
        var routes: [Route] = []
        var rest = bytes[...]
        while let prefix = rest.first.map({ Int($0) }) {
            let width = (prefix + 7) / 8
            guard prefix <= 32, rest.count >= 1 + width + 4, routes.count < 32 else { return nil }
            let network = Array(rest.dropFirst().prefix(width))
            guard let target = IPv4(network + [UInt8](repeating: 0, count: 4 - width)),
                let gateway = IPv4(rest.dropFirst(1 + width).prefix(4))
            else { return nil }
            routes.append(Route(target: target, prefix: prefix, gateway: gateway))
            rest = rest.dropFirst(1 + width + 4)
        }
        return routes
    }

    /// Letters, digits, dots and dashes, or nothing.
    private static func domain(_ bytes: [UInt8]) -> String? {
        let text = bytes.prefix { $0 != 0 }
        let isGood = text.allSatisfy {
            switch $0 {
            case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "-"): true
            default: false
            }
        }
        return isGood && (1...253).contains(text.count)
            ? String(decoding: text, as: UTF8.self) : nil
    }
}
