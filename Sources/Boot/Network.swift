import InitLink
import Slots
import Syscalls

/// The machine's place in its network: links, addresses, name servers, time servers, host name.
///
/// Without settings: DHCP on the first link that has a carrier. What is set later replaces what was
/// set, link by link: one whose plan stays the same keeps its lease.
final class Network {
    static let resolverFile = "/run/keel/resolv.conf"
    static let hostNameFile = "/run/keel/hostname"
    static let timeFile = "/run/keel/time/keel.sources"
    /// How often new links and carriers are looked for.
    private static let interval = Duration.milliseconds(500)

    private let ground: any Ground
    private let machineID: String
    private let opening: (String) throws(Errno) -> any PacketPort
    private(set) var settings = NetworkSettings()
    private var plans: [LinkPlan] = []
    private var keepers: [LinkKeeper] = []
    private var switchedOn: Set<Int> = []
    private var nextLook = Duration.zero
    private var written: [String: String] = [:]
    /// Set when the time servers changed; whoever looks at it resets it.
    var hasNewTimeServers = false

    init(
        on ground: any Ground,
        machineID: String,
        opening: @escaping (String) throws(Errno) -> any PacketPort
    ) {
        self.ground = ground
        self.machineID = machineID
        self.opening = opening
    }

    /// Whether a link has an address.
    var isUp: Bool { keepers.contains(where: \.isConfigured) }

    var numbers: [CInt] { keepers.compactMap(\.number) }

    var nextTime: Duration { (keepers.compactMap(\.nextTime) + [nextLook]).min() ?? nextLook }

    var hostName: String { settings.hostName ?? "keel-\(machineID.prefix(8))" }

    /// The loopback, and the first settings. Wrong ones are said, and the default holds.
    func begin(_ settings: NetworkSettings) {
        do throws(Errno) {
            let index = ground.text("/sys/class/net/lo/ifindex").flatMap { Int($0) } ?? 1
            try ground.changeLinks(LinkMessage.up(index, mtu: nil))
        } catch {
            ground.say("the loopback is not up: \(error)")
        }
        do { try apply(settings) } catch {
            ground.say("the kept network settings are refused: \(error.words)")
            writeFiles()
        }
    }

    /// Puts settings into force; throws when they make no sense, and changes nothing then.
    func apply(_ settings: NetworkSettings) throws(MessageFault) {
        try settings.check()
        let plans = try LinkPlan.all(settings)
        self.plans = plans
        self.settings = settings
        for keeper in keepers where !isPlanned(keeper) { keeper.end() }
        keepers.removeAll { !isPlanned($0) }
        do throws(Errno) { try ground.setHostName(hostName) } catch {
            ground.say("the host name stays: \(error)")
        }
        nextLook = .zero
        tick()
        writeFiles()
    }

    /// Does what its time has come for.
    func tick() {
        let now = ground.now
        if now >= nextLook {
            nextLook = now + Self.interval
            lookForLinks()
        }
        var isChanged = false
        for keeper in keepers { isChanged = keeper.tick() || isChanged }
        if isChanged { writeFiles() }
    }

    /// Takes what came on the sockets.
    func receive() {
        var isChanged = false
        for keeper in keepers { isChanged = keeper.receive() || isChanged }
        if isChanged { writeFiles() }
    }

    private func isPlanned(_ keeper: LinkKeeper) -> Bool {
        plans.isEmpty ? keeper.plan == Self.standard(keeper.link) : plans.contains(keeper.plan)
    }

    private static func standard(_ link: FoundLink) -> LinkPlan {
        LinkPlan(match: link.name, method: .dhcp(clientID: ""))
    }

    private func lookForLinks() {
        let links = LinkList.read(from: ground)
        // A link that is off shows no carrier.
        for link in links where switchedOn.insert(link.index).inserted {
            do throws(Errno) {
                try ground.changeLinks(LinkMessage.up(link.index, mtu: nil))
            } catch { switchedOn.remove(link.index) }
        }
        guard !plans.isEmpty else {
            guard keepers.isEmpty, let link = links.first(where: \.hasCarrier) else { return }
            return use(link, Self.standard(link))
        }
        for plan in plans where !keepers.contains(where: { $0.plan == plan }) {
            guard let link = links.first(where: { $0.isMeant(by: plan.match) }) else { continue }
            use(link, plan)
        }
    }

    private func use(_ link: FoundLink, _ plan: LinkPlan) {
        keepers.append(
            LinkKeeper(
                link,
                plan,
                on: ground,
                clientID: Self.clientID(machineID, link),
                hostName: hostName,
                opening: opening
            )
        )
    }

    /// Type 255, the link, and a DUID made of the machine id (type 4, a UUID). RFC 4361; RFC 6355.
    static func clientID(_ machineID: String, _ link: FoundLink) -> [UInt8] {
        let id = [UInt8](hex: machineID) ?? Array(machineID.utf8.prefix(16))
        return [255] + (link.hardwareBytes ?? [0, 0, 0, 0]).suffix(4) + [0, 4] + id
    }

    /// Rewrites the files that say something new now.
    private func writeFiles() {
        let leases = keepers.compactMap(\.lease)
        let servers =
            settings.nameservers.isEmpty
            ? leases.flatMap(\.nameservers).map(\.description) : settings.nameservers
        let domains =
            settings.searchDomains.isEmpty
            ? leases.compactMap(\.searchDomain) : settings.searchDomains
        var resolver = servers.prefix(3).map { "nameserver \($0)\n" }.joined()
        if !domains.isEmpty { resolver += "search \(domains.joined(separator: " "))\n" }
        write(resolver, to: Self.resolverFile)
        write(hostName + "\n", to: Self.hostNameFile)
        let offered = leases.flatMap(\.timeServers).map(\.description)
        let clocks = [settings.timeServers, offered].first { !$0.isEmpty } ?? ["pool.ntp.org"]
        if write(clocks.map { "server \($0) iburst\n" }.joined(), to: Self.timeFile) {
            hasNewTimeServers = true
        }
    }

    @discardableResult
    private func write(_ text: String, to path: String) -> Bool {
        guard written[path] != text else { return false }
        do throws(Errno) { try ground.fill(path, with: text) } catch {
            ground.say("\(path) is not written: \(error)")
            return false
        }
        written[path] = text
        return true
    }
}
