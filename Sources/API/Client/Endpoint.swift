/// Where a node is reached: `HOST:PORT`, where the host is a name, an IPv4 address, or an IPv6
/// address in brackets.
struct Endpoint: Sendable, Hashable {
    let host: String
    let port: Int

    init(_ text: String) throws(CallFailure) {
        let refusal = CallFailure(
            .badRequest,
            "an endpoint is HOST:PORT, such as 192.0.2.1:50051 or [2001:db8::1]:50051"
        )
        guard let colon = text.lastIndex(of: ":"), text.utf8.count <= 300 else { throw refusal }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.count <= 5, digits.utf8.allSatisfy(\.isDigit), let port = Int(digits),
            (1...65535).contains(port)
        else { throw refusal }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard NetworkText.isIPv6(host) else { throw refusal }
        } else {
            let isGood = host.utf8.allSatisfy { $0.isLetterOrDigit || $0 == 0x2d || $0 == 0x2e }
            guard !host.isEmpty, isGood else { throw refusal }
        }
        self.host = String(host)
        self.port = port
    }

    var isAddress: Bool { NetworkText.isAddress(host) }

    /// For the core's resolver.
    var target: String {
        if NetworkText.isIPv4(host) { return "ipv4:\(host):\(port)" }
        return NetworkText.isIPv6(host) ? "ipv6:[\(host)]:\(port)" : "dns:///\(host):\(port)"
    }
}
