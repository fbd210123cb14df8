import API

/// What differs between two configurations, a line for each field: "hostname: old -> new".
enum ConfigDiff {
    static func lines(from old: Keel_V1_NodeConfig, to new: Keel_V1_NodeConfig) -> [String] {
        let (before, after) = (fields(old), fields(new))
        let values = Dictionary(uniqueKeysWithValues: before)
        let newValues = Dictionary(uniqueKeysWithValues: after)
        let names = before.map(\.0) + after.map(\.0).filter { values[$0] == nil }
        return names.compactMap { name in
            let (was, becomes) = (values[name] ?? "", newValues[name] ?? "")
            guard was != becomes else { return nil }
            return "\(name): \(shown(was)) -> \(shown(becomes))"
        }
    }

    private static func shown(_ value: String) -> String { value.isEmpty ? "(default)" : value }

    /// Every field by its name; empty text where the default holds. Names are unique.
    static func fields(_ config: Keel_V1_NodeConfig) -> [(String, String)] {
        var fields: [(String, String)] = [("hostname", config.hostname)]
        for (index, link) in config.links.enumerated() {
            fields += linkFields(link, "links[\(index)]")
        }
        fields += [
            ("nameservers", config.nameservers.joined(separator: ",")),
            ("search_domains", config.searchDomains.joined(separator: ",")),
            ("time_servers", config.timeServers.joined(separator: ",")),
        ]
        for (index, mirror) in config.registryMirrors.enumerated() {
            let name = "registry_mirrors[\(index)]"
            fields += [
                ("\(name).registry", mirror.registry),
                ("\(name).endpoints", mirror.endpoints.joined(separator: ",")),
                (
                    "\(name).ca",
                    mirror.ca.isEmpty
                        ? ""
                        : "\(mirror.ca.utf8.count) bytes of PEM, "
                            + "checksum \(checksum(mirror.ca))"
                ),
            ]
        }
        return fields + kubeletFields(config.kubelet) + [
            ("health.steady", number(config.health.steady)),
            ("health.advisory", config.health.advisory.joined(separator: ",")),
            ("health.probes", config.health.probes.map(words).joined(separator: ",")),
            ("health.cluster_patience", number(config.health.clusterPatience)),
            ("health.needs_cluster", config.health.needsCluster ? "true" : ""),
            ("trial.deadline", number(config.trial.deadline)),
            ("trial.attempts", number(config.trial.attempts)),
        ]
    }

    private static func words(_ probe: Keel_V1_HTTPProbe) -> String {
        "\(probe.name) \(probe.url)" + (probe.timeout == 0 ? "" : " \(probe.timeout)s")
    }

    private static func linkFields(_ link: Keel_V1_Link, _ name: String) -> [(String, String)] {
        var fields = [("\(name).match", link.match), ("\(name).mtu", number(link.mtu))]
        switch link.method {
        case .dhcp(let dhcp):
            fields += [("\(name).method", "dhcp"), ("\(name).dhcp.client_id", dhcp.clientID)]
        case .static(let fixed):
            fields += [
                ("\(name).method", "static"),
                ("\(name).static.addresses", fixed.addresses.joined(separator: ",")),
                ("\(name).static.gateways", fixed.gateways.joined(separator: ",")),
            ]
        case nil: break
        }
        return fields
    }

    private static func kubeletFields(_ kubelet: Keel_V1_KubeletExtras) -> [(String, String)] {
        func map(_ values: [String: String]) -> String {
            values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                .joined(separator: ",")
        }
        return [
            ("kubelet.labels", map(kubelet.labels)),
            ("kubelet.taints", kubelet.taints.joined(separator: ",")),
            ("kubelet.max_pods", number(kubelet.maxPods)),
            ("kubelet.cluster_dns", kubelet.clusterDns),
            ("kubelet.cluster_domain", kubelet.clusterDomain),
            ("kubelet.system_reserved", map(kubelet.systemReserved)),
        ]
    }

    private static func number(_ value: UInt32) -> String { value == 0 ? "" : "\(value)" }

    /// Tells two long texts apart in a line (FNV-1a); proves nothing.
    private static func checksum(_ text: String) -> String {
        String(
            text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 },
            radix: 16
        )
    }
}
