/// Where a cluster's API server answers: `https://HOST[:PORT]`.
struct ServerAddress: Sendable, Hashable {
    /// As it was given, without a slash at its end.
    let text: String

    /// Why a text is no address of an API server.
    enum Fault: Error, Sendable, Hashable {
        /// `http://`, or no scheme at all: `https` is the only way.
        case notHTTPS
        case malformed
    }

    /// Reads `https://` and a DNS name, an IPv4 address or an IPv6 address in brackets, with or
    /// without a port; one slash may follow. No user, path, query or fragment.
    init(_ text: String) throws(Fault) {
        guard text.utf8.count <= 512 else { throw .malformed }
        guard text.lowercased().hasPrefix("https://") else { throw .notHTTPS }
        var rest = text.dropFirst("https://".count)
        if rest.hasSuffix("/") { rest.removeLast() }
        let host: Substring
        let port: Substring?
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { throw .malformed }
            host = rest[rest.index(after: rest.startIndex)..<end]
            let tail = rest[rest.index(after: end)...]
            guard tail.isEmpty || tail.hasPrefix(":") else { throw .malformed }
            port = tail.isEmpty ? nil : tail.dropFirst()
            guard Self.isAddress(host) else { throw .malformed }
        } else {
            let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2, let first = parts.first else { throw .malformed }
            host = first
            port = parts.count == 2 ? parts[1] : nil
            guard KubernetesName.isSubdomain(host.lowercased()) else { throw .malformed }
        }
        if let port { guard Self.isPort(port) else { throw .malformed } }
        self.text = "https://" + rest
    }

    /// The address of a page on the server.
    func url(_ path: String) -> String { text + path }

    private static func isPort(_ text: Substring) -> Bool {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text.utf8.count <= 5,
            let number = Int(text)
        else { return false }
        return (1...65535).contains(number)
    }

    /// The characters of an IPv6 address; libcurl reads it in earnest.
    private static func isAddress(_ text: Substring) -> Bool {
        (2...45).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                    UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
