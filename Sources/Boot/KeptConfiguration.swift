import InitLink
import Slots

/// What the first process needs of the configuration that the agent keeps: the network before the
/// agent runs, and the trial's length.
///
/// Source: `config/current.json` in the agent's state folder; its `config` is the JSON form of
/// `NodeConfig` in `node.proto`.
struct KeptConfiguration: Sendable, Hashable {
    static let path = "/var/lib/keel/config/current.json"
    /// The API documents it as the default.
    static let standardDeadline = 600

    var network = NetworkSettings()
    /// Seconds from the kernel's start until a trial must be confirmed.
    var deadline = standardDeadline

    /// What nobody set anything in.
    init() {}

    /// `nil` when the bytes are no kept configuration.
    init?(parsing bytes: [UInt8]) {
        guard case .text(let text) = (try? FlatJSON(parsing: bytes))?.members["config"],
            let config = NestedJSON(parsing: text)
        else { return nil }
        network.hostName = config["hostname"]?.text.flatMap { $0.isEmpty ? nil : $0 }
        network.links = (config["links"]?.list ?? []).compactMap(Self.link)
        network.nameservers = config["nameservers"]?.texts ?? []
        network.searchDomains = config["searchDomains"]?.texts ?? []
        network.timeServers = config["timeServers"]?.texts ?? []
        if let seconds = config["trial"]?["deadline"]?.number, (60...3600).contains(seconds) {
            deadline = seconds
        }
    }

    private static func link(_ link: NestedJSON) -> LinkSettings? {
        guard let match = link["match"]?.text else { return nil }
        let method: LinkSettings.Method
        if let fixed = link["static"] {
            method = .fixed(
                addresses: fixed["addresses"]?.texts ?? [],
                gateways: fixed["gateways"]?.texts ?? []
            )
        } else if let dhcp = link["dhcp"] {
            method = .dhcp(clientID: dhcp["clientId"]?.text ?? "")
        } else {
            return nil
        }
        let mtu = link["mtu"]?.number.flatMap { $0 > 0 ? UInt32(exactly: $0) : nil }
        return LinkSettings(match: match, method: method, mtu: mtu)
    }
}
