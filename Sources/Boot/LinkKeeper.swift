import Syscalls

/// One link that is in use: sets what its plan or its lease says, and takes back exactly that.
final class LinkKeeper {
    let link: FoundLink
    let plan: LinkPlan
    private let ground: any Ground
    private let port: (any PacketPort)?
    private var client: DHCPClient?
    private var addresses: [Subnet] = []
    private var routes: [(target: Subnet, gateway: Address?)] = []

    /// Switches the link on and begins.
    init(
        _ link: FoundLink,
        _ plan: LinkPlan,
        on ground: any Ground,
        clientID: [UInt8],
        hostName: String,
        opening: (String) throws(Errno) -> any PacketPort
    ) {
        self.link = link
        self.plan = plan
        self.ground = ground
        var port: (any PacketPort)?
        if case .dhcp(let text) = plan.method, let hardware = link.hardwareBytes {
            do { port = try opening(link.name) } catch {
                ground.say("\(link.name): no DHCP: \(error)")
            }
            let seed = (try? ground.random(4))?.reduce(0) { $0 << 8 | UInt32($1) }
            client = DHCPClient(
                hardware: hardware,
                clientID: text.isEmpty ? clientID : [0] + Array(text.utf8),
                hostName: hostName,
                seed: seed ?? UInt32(link.index),
                now: ground.now
            )
        }
        self.port = port
        change(LinkMessage.up(link.index, mtu: plan.mtu), "is not switched on")
        if case .fixed(let addresses, let gateways) = plan.method {
            for address in addresses { add(address) }
            for gateway in gateways { add(route: Self.everything(gateway.isV6), over: gateway) }
            ground.say("\(link.name): \(addresses.map(Self.text).joined(separator: ", "))")
        }
    }

    var lease: DHCPLease? { client?.lease }

    /// Whether it has an address of ours.
    var isConfigured: Bool { !addresses.isEmpty }

    var nextTime: Duration? { port == nil ? nil : client?.nextTime }

    /// For waiting; `nil` when nothing can come.
    var number: CInt? { port?.number }

    /// True when the lease changed.
    func tick() -> Bool {
        guard let actions = client?.tick(now: ground.now) else { return false }
        return perform(actions)
    }

    /// Takes the packets that came; true when the lease changed.
    func receive() -> Bool {
        var isChanged = false
        // More than a few at once are none of ours.
        for _ in 0..<32 {
            guard let packet = (try? port?.receive()) ?? nil,
                let actions = client?.receive(packet, now: ground.now)
            else { return isChanged }
            if perform(actions) { isChanged = true }
        }
        return isChanged
    }

    /// Takes everything back.
    func end() {
        if let action = client?.farewell() { _ = perform([action]) }
        client = nil
        clear()
    }

    private func perform(_ actions: [DHCPClient.Action]) -> Bool {
        var isChanged = false
        for action in actions {
            switch action {
            case .send(let message, let server):
                do {
                    try port?.send(
                        message.encoded(),
                        to: (server ?? .broadcast).number,
                        port: DHCPMessage.serverPort
                    )
                } catch {
                    // Sent again when its time has come.
                }
            case .configure(let lease):
                isChanged = configure(lease) || isChanged
            case .drop(let lease):
                ground.say("\(link.name): the lease of \(lease.address) is over")
                clear()
                isChanged = true
            }
        }
        return isChanged
    }

    /// A renewal that says the same changes nothing.
    private func configure(_ lease: DHCPLease) -> Bool {
        let subnet = Subnet(.v4(lease.address), prefix: lease.prefix)
        let wanted: [(target: Subnet, gateway: Address?)] = lease.routes.map {
            (Subnet(.v4($0.target), prefix: $0.prefix), $0.gateway == .any ? nil : .v4($0.gateway))
        }
        let isSame =
            addresses == [subnet]
            && wanted.elementsEqual(routes) { $0.target == $1.target && $0.gateway == $1.gateway }
        if isSame { return false }
        clear()
        if let mtu = plan.mtu ?? lease.mtu {
            change(LinkMessage.up(link.index, mtu: mtu), "keeps its MTU")
        }
        add(subnet)
        for route in wanted { add(route: route.target, over: route.gateway) }
        ground.say("\(link.name): \(Self.text(subnet)) by DHCP of \(lease.server)")
        return true
    }

    private func add(_ address: Subnet) {
        if change(LinkMessage.address(address, on: link.index, isAdding: true), "refuses") {
            addresses.append(address)
        }
    }

    private func add(route target: Subnet, over gateway: Address?) {
        let message = LinkMessage.route(to: target, over: gateway, on: link.index, isAdding: true)
        if change(message, "has no route") { routes.append((target, gateway)) }
    }

    private func clear() {
        for (target, gateway) in routes {
            change(
                LinkMessage.route(to: target, over: gateway, on: link.index, isAdding: false),
                nil
            )
        }
        for address in addresses {
            change(LinkMessage.address(address, on: link.index, isAdding: false), nil)
        }
        routes = []
        addresses = []
    }

    /// False when the kernel does not take it; `complaint` is what is said then.
    @discardableResult
    private func change(_ message: [UInt8], _ complaint: String?) -> Bool {
        do throws(Errno) {
            try ground.changeLinks(message)
            return true
        } catch {
            if let complaint { ground.say("\(link.name) \(complaint): \(error)") }
            return false
        }
    }

    private static func everything(_ isV6: Bool) -> Subnet {
        let zeros = IPv6("::").map { Address.v6($0) }
        return Subnet(isV6 ? zeros ?? .v4(.any) : .v4(.any), prefix: 0)
    }

    private static func text(_ subnet: Subnet) -> String {
        switch subnet.address {
        case .v4(let address): "\(address)/\(subnet.prefix)"
        case .v6(let address):
            stride(from: 0, to: 16, by: 2).map {
                String(Int(address.bytes[$0]) << 8 | Int(address.bytes[$0 + 1]), radix: 16)
            }.joined(separator: ":") + "/\(subnet.prefix)"
        }
    }
}
