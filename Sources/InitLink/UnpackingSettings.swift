import CControl

extension NetworkSettings {
    init(copying message: Keel__Control__NetworkSettings) throws(MessageFault) {
        // Sound: the message is still there; only copies are taken from it.
        let hostName = try unsafe text(message.host_name, .hostName, limit: Limits.hostName)
        let links = try unsafe Self.links(message.links, message.n_links)
        // Sound: as above; each count is that of its list.
        let nameservers = try unsafe texts(
            message.nameservers,
            message.n_nameservers,
            .nameservers,
            limit: Limits.address,
            count: Limits.nameservers
        )
        // Sound: as above.
        let searchDomains = try unsafe texts(
            message.search_domains,
            message.n_search_domains,
            .searchDomains,
            limit: Limits.domain,
            count: Limits.searchDomains
        )
        // Sound: as above.
        let timeServers = try unsafe texts(
            message.time_servers,
            message.n_time_servers,
            .timeServers,
            limit: Limits.domain,
            count: Limits.timeServers
        )
        self.init(
            hostName: hostName.isEmpty ? nil : hostName,
            links: links,
            nameservers: nameservers,
            searchDomains: searchDomains,
            timeServers: timeServers
        )
    }

    private static func links(
        _ list: UnsafeMutablePointer<UnsafeMutablePointer<Keel__Control__Link>?>?,
        _ count: Int
    ) throws(MessageFault) -> [LinkSettings] {
        guard count <= Limits.links else { throw .tooMany(.links, limit: Limits.links) }
        var links: [LinkSettings] = []
        for index in 0..<count {
            // Sound: the library made a list of just that many.
            guard let link = unsafe list?[index] else { throw .missing(.links) }
            links.append(try unsafe LinkSettings(copying: link.pointee))
        }
        return links
    }
}

extension LinkSettings {
    fileprivate init(copying message: Keel__Control__Link) throws(MessageFault) {
        // Sound: the message is still there; only copies are taken from it, here and below.
        let mtu = unsafe message.mtu
        self.init(
            match: try unsafe text(message.match, .linkMatch, limit: Limits.match),
            method: try unsafe Self.method(message),
            mtu: mtu == 0 ? nil : mtu
        )
    }

    private static func method(
        _ message: Keel__Control__Link
    ) throws(MessageFault) -> Method {
        // Sound: the library sets the member that the case names, to a message of that kind.
        switch unsafe message.method_case {
        case KEEL__CONTROL__LINK__METHOD_DHCP:
            let clientID = unsafe message.dhcp.pointee.client_id
            return .dhcp(clientID: try unsafe text(clientID, .clientID, limit: Limits.clientID))
        case KEEL__CONTROL__LINK__METHOD_FIXED:
            // Sound: as above.
            let fixed = unsafe message.fixed.pointee
            let addresses = try unsafe texts(
                fixed.addresses,
                fixed.n_addresses,
                .addresses,
                limit: Limits.address,
                count: Limits.addresses
            )
            // Sound: as above.
            let gateways = try unsafe texts(
                fixed.gateways,
                fixed.n_gateways,
                .gateways,
                limit: Limits.address,
                count: Limits.gateways
            )
            return .fixed(addresses: addresses, gateways: gateways)
        default: throw .missing(.linkMethod)
        }
    }
}
