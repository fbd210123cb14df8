import InitLink

/// What one link shall do: settings with their texts understood.
struct LinkPlan: Sendable, Hashable {
    enum Method: Sendable, Hashable {
        case dhcp(clientID: String)
        case fixed(addresses: [Subnet], gateways: [Address])
    }

    let match: String
    let method: Method
    let mtu: Int?

    /// Throws what is wrong with the texts.
    init(_ settings: LinkSettings) throws(MessageFault) {
        match = settings.match
        mtu = settings.mtu.map(Int.init)
        switch settings.method {
        case .dhcp(let clientID): method = .dhcp(clientID: clientID)
        case .fixed(let texts, let gatewayTexts):
            let addresses = texts.compactMap { Subnet($0) }
            guard addresses.count == texts.count, !addresses.isEmpty else {
                throw .text(.addresses)
            }
            let gateways = gatewayTexts.compactMap { Address($0) }
            guard gateways.count == gatewayTexts.count,
                Set(gateways.map(\.isV6)).count == gateways.count
            else { throw .text(.gateways) }
            method = .fixed(addresses: addresses, gateways: gateways)
        }
    }

    init(match: String, method: Method, mtu: Int? = nil) {
        self.match = match
        self.method = method
        self.mtu = mtu
    }

    /// What all links together shall do; throws what is wrong with any of them.
    static func all(_ settings: NetworkSettings) throws(MessageFault) -> [LinkPlan] {
        for server in settings.nameservers where Address(server) == nil {
            throw .text(.nameservers)
        }
        var plans: [LinkPlan] = []
        for link in settings.links { plans.append(try LinkPlan(link)) }
        return plans
    }
}
