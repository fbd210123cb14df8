/// Where a node answers: a host name or address, and a port.
struct Endpoint: Sendable, Hashable, CustomStringConvertible {
    static let defaultPort = 50051

    let host: String
    let port: Int

    /// Reads `https://HOST:PORT`, `HOST:PORT` or `HOST`; an IPv6 address with a port stands in
    /// brackets.
    init(_ text: String) throws(SetupError) {
        var rest = Substring(text)
        if rest.lowercased().hasPrefix("http://") {
            throw .plainHTTP(String(rest.dropFirst("http://".count)))
        }
        if rest.lowercased().hasPrefix("https://") { rest = rest.dropFirst("https://".count) }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        let port: Substring?
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            let tail = rest[rest.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":"), host.contains(":") else {
                throw .endpoint(text)
            }
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else if rest.count(where: { $0 == ":" }) > 1 {
            host = String(rest)
            port = nil
        } else {
            let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
            host = String(parts[0])
            port = parts.count > 1 ? parts[1] : nil
        }
        guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(Self.isHostByte),
            port.map({ $0.utf8.allSatisfy { (48...57).contains($0) } }) ?? true,
            let number = port.map({ Int($0) }) ?? Self.defaultPort, (1...65535).contains(number)
        else { throw .endpoint(text) }
        self.port = number
    }

    /// Reads `a,b,c`; a node named twice is refused.
    static func list(_ text: String) throws(SetupError) -> [Endpoint] {
        var endpoints: [Endpoint] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let endpoint = try Endpoint(String(part.filter { $0 != " " }))
            guard !endpoints.contains(endpoint) else { throw .nodeTwice(endpoint.description) }
            endpoints.append(endpoint)
        }
        return endpoints
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// A name for a file.
    var fileName: String {
        String(host.map { $0 == ":" ? "-" : $0 }) + "_\(port)"
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"):
            true
        default: false
        }
    }
}
