// Each value against `Limits`: the same test before it is packed and after it was unpacked.

extension ServiceState {
    func check() throws(MessageFault) {
        try Alphabet.name.check(name, .serviceName, limit: Limits.name)
        try Alphabet.any.check(lastExit, .serviceLastExit, limit: Limits.lastExit)
        if let pid, pid <= 0 { throw .number(.servicePID, UInt64(bitPattern: Int64(pid))) }
    }

    static func check(_ services: [ServiceState]) throws(MessageFault) {
        guard services.count <= Limits.services else {
            throw .tooMany(.services, limit: Limits.services)
        }
        for service in services { try service.check() }
    }
}

extension LogQuery {
    func check() throws(MessageFault) {
        try Alphabet.name.check(service, .serviceName, limit: Limits.name)
        if case .newest(let count) = start, count < 0 {
            throw .number(.logStart, UInt64(bitPattern: Int64(count)))
        }
        guard (1...Self.lineLimit).contains(limit) else {
            throw .number(.logLimit, UInt64(bitPattern: Int64(limit)))
        }
    }
}

extension LogPage {
    func check() throws(MessageFault) {
        guard lines.count <= LogQuery.lineLimit else {
            throw .tooMany(.logLines, limit: LogQuery.lineLimit)
        }
        let bytes = lines.reduce(0) { $0 + Self.cost(of: $1) }
        guard bytes <= Self.byteLimit else { throw .tooLong(.logLines, limit: Self.byteLimit) }
    }
}

extension NetworkSettings {
    /// Throws when a text or a count is out of its bounds. Whether an address is one is for whoever
    /// sets it to say.
    public func check() throws(MessageFault) {
        if let hostName { try Alphabet.host.check(hostName, .hostName, limit: Limits.hostName) }
        guard links.count <= Limits.links else { throw .tooMany(.links, limit: Limits.links) }
        for link in links { try link.check() }
        try Alphabet.visible.check(
            nameservers,
            .nameservers,
            limit: Limits.address,
            count: Limits.nameservers
        )
        try Alphabet.visible.check(
            searchDomains,
            .searchDomains,
            limit: Limits.domain,
            count: Limits.searchDomains
        )
        try Alphabet.visible.check(
            timeServers,
            .timeServers,
            limit: Limits.domain,
            count: Limits.timeServers
        )
    }
}

extension LinkSettings {
    func check() throws(MessageFault) {
        try Alphabet.visible.check(match, .linkMatch, limit: Limits.match)
        if let mtu, !Limits.mtu.contains(mtu) { throw .number(.linkMTU, UInt64(mtu)) }
        switch method {
        case .dhcp(let clientID):
            try Alphabet.any.check(clientID, .clientID, limit: Limits.clientID)
        case .fixed(let addresses, let gateways):
            guard !addresses.isEmpty else { throw .missing(.addresses) }
            try Alphabet.visible.check(
                addresses,
                .addresses,
                limit: Limits.address,
                count: Limits.addresses
            )
            try Alphabet.visible.check(
                gateways,
                .gateways,
                limit: Limits.address,
                count: Limits.gateways
            )
        }
    }
}

extension TrialState {
    func check() throws(MessageFault) {
        guard attemptsLeft <= Limits.attempts else {
            throw .number(.attemptsLeft, UInt64(attemptsLeft))
        }
    }
}
