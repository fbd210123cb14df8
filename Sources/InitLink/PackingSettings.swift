import CControl

extension NetworkSettings {
    /// The message for these, in memory of the arena.
    func part(in arena: inout Arena) -> UnsafeMutablePointer<Keel__Control__NetworkSettings> {
        // Sound: the message is a local, and all that it is made to point to lives in the arena;
        // the counts are those of the lists.
        var part = unsafe Keel__Control__NetworkSettings()
        unsafe keel__control__network_settings__init(&part)
        unsafe part.host_name = arena.text(hostName ?? "")
        var parts: [UnsafeMutablePointer<Keel__Control__Link>] = unsafe []
        for link in links { unsafe parts.append(link.part(in: &arena)) }
        unsafe part.n_links = links.count
        unsafe part.links = arena.list(parts)
        unsafe part.n_nameservers = nameservers.count
        unsafe part.nameservers = arena.texts(nameservers)
        unsafe part.n_search_domains = searchDomains.count
        unsafe part.search_domains = arena.texts(searchDomains)
        unsafe part.n_time_servers = timeServers.count
        unsafe part.time_servers = arena.texts(timeServers)
        return unsafe arena.part(part)
    }
}

extension LinkSettings {
    fileprivate func part(in arena: inout Arena) -> UnsafeMutablePointer<Keel__Control__Link> {
        // Sound: as above; the member that is set is the one that `method_case` names.
        var part = unsafe Keel__Control__Link()
        unsafe keel__control__link__init(&part)
        unsafe part.match = arena.text(match)
        unsafe part.mtu = mtu ?? 0
        switch method {
        case .dhcp(let clientID):
            // Sound: as above.
            unsafe part.method_case = KEEL__CONTROL__LINK__METHOD_DHCP
            unsafe part.dhcp = dhcp(clientID, in: &arena)
        case .fixed(let addresses, let gateways):
            // Sound: as above.
            unsafe part.method_case = KEEL__CONTROL__LINK__METHOD_FIXED
            unsafe part.fixed = fixed(addresses, gateways, in: &arena)
        }
        // Sound: the arena copies the message.
        return unsafe arena.part(part)
    }

    private func dhcp(
        _ clientID: String,
        in arena: inout Arena
    ) -> UnsafeMutablePointer<Keel__Control__DHCP> {
        // Sound: as above.
        var part = unsafe Keel__Control__DHCP()
        unsafe keel__control__dhcp__init(&part)
        unsafe part.client_id = arena.text(clientID)
        return unsafe arena.part(part)
    }

    private func fixed(
        _ addresses: [String],
        _ gateways: [String],
        in arena: inout Arena
    ) -> UnsafeMutablePointer<Keel__Control__Fixed> {
        // Sound: as above.
        var part = unsafe Keel__Control__Fixed()
        unsafe keel__control__fixed__init(&part)
        unsafe part.n_addresses = addresses.count
        unsafe part.addresses = arena.texts(addresses)
        unsafe part.n_gateways = gateways.count
        unsafe part.gateways = arena.texts(gateways)
        return unsafe arena.part(part)
    }
}
