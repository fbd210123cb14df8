/// What the first process sets on the machine's network. What is left out goes back to its default.
public struct NetworkSettings: Sendable, Hashable {
    /// 1...64 bytes: letters, digits, dots and dashes. `nil` leaves the name as it is.
    public var hostName: String?
    /// Empty: DHCP on the first link that has a carrier.
    public var links: [LinkSettings]
    /// IP addresses, at most 3. Empty: those of DHCP.
    public var nameservers: [String]
    /// At most 16.
    public var searchDomains: [String]
    /// Host names or addresses, at most 8. Empty: those of DHCP.
    public var timeServers: [String]

    public init(
        hostName: String? = nil,
        links: [LinkSettings] = [],
        nameservers: [String] = [],
        searchDomains: [String] = [],
        timeServers: [String] = []
    ) {
        self.hostName = hostName
        self.links = links
        self.nameservers = nameservers
        self.searchDomains = searchDomains
        self.timeServers = timeServers
    }

    /// Whether nothing but the host name is set.
    public var isNameOnly: Bool {
        links.isEmpty && nameservers.isEmpty && searchDomains.isEmpty && timeServers.isEmpty
    }
}

/// One network interface.
public struct LinkSettings: Sendable, Hashable {
    /// Where its addresses come from.
    public enum Method: Sendable, Hashable {
        /// An empty client id: the machine id.
        case dhcp(clientID: String)
        /// `ADDRESS/PREFIX`, 1...16 of them, and at most one gateway for each family.
        case fixed(addresses: [String], gateways: [String])
    }

    /// An interface's name, or a MAC address as `aa:bb:cc:dd:ee:ff`.
    public var match: String
    public var method: Method
    /// Bytes, 68...65536; `nil` leaves it.
    public var mtu: UInt32?

    public init(match: String, method: Method, mtu: UInt32? = nil) {
        self.match = match
        self.method = method
        self.mtu = mtu
    }
}
