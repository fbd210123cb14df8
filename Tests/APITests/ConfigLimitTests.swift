import Testing

@testable import API

/// The limits of a node's configuration, one row for each.
@Suite("Configuration limits")
struct ConfigLimitTests {
    private func refusal(_ request: Keel_V1_ApplyConfigRequest) -> String? {
        do throws(CallFailure) {
            try request.check()
            return nil
        } catch {
            #expect(error.code == .invalidArgument)
            return error.detail.sentence
        }
    }

    private var config: Keel_V1_NodeConfig {
        var config = Keel_V1_NodeConfig()
        config.version = 1
        config.hostname = "node-1"
        var link = Keel_V1_Link()
        link.match = "eth0"
        link.static.addresses = ["192.0.2.2/24", "2001:db8::2/64"]
        link.static.gateways = ["192.0.2.1", "2001:db8::1"]
        config.links = [link]
        config.nameservers = ["192.0.2.53"]
        config.timeServers = ["pool.ntp.org", "2001:db8::7"]
        var mirror = Keel_V1_RegistryMirror()
        mirror.registry = "registry.example:5000"
        mirror.endpoints = ["https://mirror.example/v2"]
        config.registryMirrors = [mirror]
        config.kubelet.systemReserved = ["memory": "512Mi"]
        var probe = Keel_V1_HTTPProbe()
        probe.name = "web"
        probe.url = "http://127.0.0.1:8080/healthz"
        config.health.probes = [probe]
        config.trial.deadline = 600
        return config
    }

    /// What an apply of the changed configuration is refused with.
    private func refused(_ change: (inout Keel_V1_NodeConfig) -> Void) -> String? {
        var config = config
        change(&config)
        var request = Keel_V1_ApplyConfigRequest()
        request.apply = config
        return refusal(request)
    }

    private typealias Row = (field: String, change: (inout Keel_V1_NodeConfig) -> Void)

    @Test("a full configuration is taken")
    func good() {
        #expect(refused { _ in } == nil)
        #expect(refused { $0 = .with { $0.version = 1 } } == nil)
        #expect(refused { $0.links[0].match = "aa:bb:cc:dd:ee:ff" } == nil)
        #expect(refused { $0.registryMirrors[0].registry = "*" } == nil)
        #expect(refused { $0.registryMirrors[0].endpoints = ["https://a.example/v2/@x"] } == nil)
    }

    @Test("names, links and servers have their forms")
    func network() {
        let rows: [Row] = [
            ("version", { $0.version = 2 }), ("hostname", { $0.hostname = "a_b" }),
            ("hostname", { $0.hostname = String(repeating: "a.", count: 32) + "b" }),
            ("links", { $0.links[0].method = nil }),
            ("links", { $0.links = Array(repeating: $0.links[0], count: 33) }),
            ("links.match", { $0.links[0].match = "much-too-long-name" }),
            ("links.match", { $0.links[0].match = "a/b" }),
            ("links.mtu", { $0.links[0].mtu = 100 }),
            ("links.mtu", { $0.links[0].mtu = 65536 }),
            ("links.static.addresses", { $0.links[0].static.addresses = [] }),
            ("links.static.addresses", { $0.links[0].static.addresses = ["192.0.2.2"] }),
            ("links.static.addresses", { $0.links[0].static.addresses = ["192.0.2.2/33"] }),
            (
                "links.static.addresses",
                { $0.links[0].static.addresses = Array(repeating: "192.0.2.2/24", count: 17) }
            ),
            ("links.static.gateways", { $0.links[0].static.gateways = ["x"] }),
            ("links.static.gateways", { $0.links[0].static.gateways += ["192.0.2.3"] }),
            (
                "links.dhcp.client_id",
                { $0.links[0].dhcp.clientID = String(repeating: "x", count: 256) }
            ),
            ("nameservers", { $0.nameservers = ["dns.example"] }),
            ("nameservers", { $0.nameservers = Array(repeating: "192.0.2.53", count: 4) }),
            ("search_domains", { $0.searchDomains = ["a b"] }),
            ("search_domains", { $0.searchDomains = Array(repeating: "a", count: 7) }),
            ("time_servers", { $0.timeServers = ["http://x"] }),
            ("time_servers", { $0.timeServers = Array(repeating: "a", count: 9) }),
        ]
        for (field, change) in rows {
            let words = refused(change)
            #expect(words?.hasPrefix(field) == true, "\(field): \(words ?? "taken")")
        }
    }

    @Test("mirrors, kubelet, health gate and trial have their forms")
    func services() {
        let rows: [Row] = [
            ("registry_mirrors.registry", { $0.registryMirrors[0].registry = "" }),
            ("registry_mirrors.registry", { $0.registryMirrors[0].registry = "a:99999" }),
            ("registry_mirrors.endpoints", { $0.registryMirrors[0].endpoints = [] }),
            ("registry_mirrors.endpoints", { $0.registryMirrors[0].endpoints = ["x"] }),
            (
                "registry_mirrors.endpoints",
                { $0.registryMirrors[0].endpoints = ["https://ada:secret@mirror.example/v2"] }
            ),
            ("registry_mirrors.ca", { $0.registryMirrors[0].ca = "x" }),
            ("kubelet.labels", { $0.kubelet.labels = ["a b": ""] }),
            ("kubelet.taints", { $0.kubelet.taints = ["x"] }),
            ("kubelet.max_pods", { $0.kubelet.maxPods = 1001 }),
            ("kubelet.cluster_dns", { $0.kubelet.clusterDns = "x" }),
            ("kubelet.cluster_domain", { $0.kubelet.clusterDomain = "A" }),
            ("kubelet.system_reserved", { $0.kubelet.systemReserved = ["cpu": "1 2"] }),
            ("health.steady", { $0.health.steady = 3601 }),
            ("health.cluster_patience", { $0.health.clusterPatience = 3601 }),
            ("health.advisory", { $0.health.advisory = [""] }),
            ("health.probes.name", { $0.health.probes[0].name = "" }),
            ("health.probes.timeout", { $0.health.probes[0].timeout = 61 }),
            ("health.probes.url", { $0.health.probes[0].url = "http://192.0.2.1:80/" }),
            ("health.probes.url", { $0.health.probes[0].url = "http://127.0.0.1:80@evil/" }),
            ("health.probes.url", { $0.health.probes[0].url = "http://127.0.0.1:0/" }),
            ("trial.deadline", { $0.trial.deadline = 59 }),
            ("trial.attempts", { $0.trial.attempts = 4 }),
        ]
        for (field, change) in rows {
            let words = refused(change)
            #expect(words?.hasPrefix(field) == true, "\(field): \(words ?? "taken")")
        }
    }

    @Test("a change has one step, and a try its time")
    func steps() {
        var request = Keel_V1_ApplyConfigRequest()
        #expect(refusal(request)?.hasPrefix("one step must be given") == true)
        request.confirm = "0123"
        #expect(refusal(request) == nil)
        request.trySeconds = 29
        #expect(refusal(request)?.hasPrefix("try_seconds") == true)
        request.trySeconds = 3600
        request.revert = ""
        #expect(refusal(request)?.hasPrefix("revert") == true)
        request.dryRun = config
        #expect(refusal(request) == nil)
    }
}
