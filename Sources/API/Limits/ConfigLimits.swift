// The limits of a node's configuration, by the comments of `NodeConfig`.
extension Keel_V1_ApplyConfigRequest: Checked {
    func check() throws(CallFailure) {
        try Limits.number(trySeconds, "try_seconds", in: 30...3600, orZero: true)
        switch step {
        case .dryRun(let config), .apply(let config): try config.check()
        case .confirm(let id): try Limits.name(id, "confirm")
        case .revert(let id): try Limits.name(id, "revert")
        case nil:
            let steps = "dry_run, apply, confirm or revert"
            throw CallFailure(.badRequest, "one step must be given: \(steps)")
        }
    }
}

extension Keel_V1_NodeConfig {
    func check() throws(CallFailure) {
        guard version == 1 else {
            throw Limits.refuse("version", "must be 1, it is \(version)")
        }
        guard hostname.isEmpty || NetworkText.isDomain(hostname, atMost: 64) else {
            throw Limits.refuse("hostname", "must be a DNS name of at most 64 characters")
        }
        try Limits.count(links.count, "links", atMost: 32)
        for link in links { try link.check() }
        try checkServers()
        try Limits.count(registryMirrors.count, "registry_mirrors", atMost: 64)
        for mirror in registryMirrors { try mirror.check() }
        try kubelet.check()
        try health.check()
        try Limits.number(trial.deadline, "trial.deadline", in: 60...3600, orZero: true)
        try Limits.number(trial.attempts, "trial.attempts", in: 1...3, orZero: true)
    }

    private func checkServers() throws(CallFailure) {
        try Limits.count(nameservers.count, "nameservers", atMost: 3)
        guard nameservers.allSatisfy(NetworkText.isAddress) else {
            throw Limits.refuse("nameservers", "must be IP addresses")
        }
        try Limits.count(searchDomains.count, "search_domains", atMost: 6)
        guard searchDomains.allSatisfy({ NetworkText.isDomain($0) }) else {
            throw Limits.refuse("search_domains", "must be DNS names")
        }
        try Limits.count(timeServers.count, "time_servers", atMost: 8)
        let isGood = timeServers.allSatisfy {
            NetworkText.isDomain($0) || NetworkText.isAddress($0)
        }
        guard isGood else {
            throw Limits.refuse("time_servers", "must be host names or IP addresses")
        }
    }
}

extension Keel_V1_Link {
    func check() throws(CallFailure) {
        guard NetworkText.isLink(match) || NetworkText.isHardwareAddress(match) else {
            throw Limits.refuse("links.match", "must be the name of a link or its MAC address")
        }
        try Limits.number(mtu, "links.mtu", in: 576...65535, orZero: true)
        switch method {
        case .dhcp(let dhcp): try Limits.text(dhcp.clientID, "links.dhcp.client_id", atMost: 255)
        case .static(let fixed):
            try Limits.count(fixed.addresses.count, "links.static.addresses", atMost: 16)
            guard !fixed.addresses.isEmpty, fixed.addresses.allSatisfy(NetworkText.isNetwork) else {
                let words = "must be ADDRESS/PREFIX, at least one"
                throw Limits.refuse("links.static.addresses", words)
            }
            let families = fixed.gateways.map { NetworkText.isIPv4($0) }
            guard fixed.gateways.allSatisfy(NetworkText.isAddress),
                families.count == Set(families).count
            else {
                let words = "must be IP addresses, one for each family at most"
                throw Limits.refuse("links.static.gateways", words)
            }
        case nil: throw Limits.refuse("links", "must say dhcp or static each")
        }
    }
}

extension Keel_V1_RegistryMirror {
    func check() throws(CallFailure) {
        let host = registry.split(separator: ":", omittingEmptySubsequences: false)
        let isHost =
            NetworkText.isDomain(host.first ?? "")
            && (host.count == 1 || host.count == 2 && (1...65535).contains(Int(host[1]) ?? 0))
        guard registry == "*" || isHost else {
            let words = "must be a host such as docker.io, or *"
            throw Limits.refuse("registry_mirrors.registry", words)
        }
        try Limits.count(endpoints.count, "registry_mirrors.endpoints", atMost: 8)
        guard !endpoints.isEmpty else {
            throw Limits.refuse("registry_mirrors.endpoints", "is missing")
        }
        for endpoint in endpoints {
            try Limits.url(endpoint, "registry_mirrors.endpoints", ["http://", "https://"])
            // Every reader sees the configuration.
            let authority = endpoint.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" }
            guard !authority.contains("@") else {
                throw Limits.refuse("registry_mirrors.endpoints", "must hold no user or password")
            }
        }
        try Limits.certificates(ca, "registry_mirrors.ca")
    }
}

extension Keel_V1_KubeletExtras {
    func check() throws(CallFailure) {
        try Limits.labels(labels, "kubelet.labels")
        try Limits.taints(taints, "kubelet.taints")
        try Limits.number(maxPods, "kubelet.max_pods", in: 0...1000)
        guard clusterDns.isEmpty || NetworkText.isAddress(clusterDns) else {
            throw Limits.refuse("kubelet.cluster_dns", "must be an IP address")
        }
        guard clusterDomain.isEmpty || NetworkText.isDomain(clusterDomain) else {
            throw Limits.refuse("kubelet.cluster_domain", "must be a DNS name")
        }
        try Limits.count(systemReserved.count, "kubelet.system_reserved", atMost: 16)
        for (resource, amount) in systemReserved {
            try Limits.name(resource, "kubelet.system_reserved")
            try Limits.name(amount, "kubelet.system_reserved")
        }
    }
}

extension Keel_V1_HealthGate {
    func check() throws(CallFailure) {
        try Limits.number(steady, "health.steady", in: 0...3600)
        try Limits.number(clusterPatience, "health.cluster_patience", in: 0...3600)
        try Limits.count(advisory.count, "health.advisory", atMost: 64)
        for name in advisory { try Limits.name(name, "health.advisory") }
        try Limits.count(probes.count, "health.probes", atMost: 16)
        for probe in probes { try probe.check() }
    }
}

extension Keel_V1_HTTPProbe {
    func check() throws(CallFailure) {
        try Limits.name(name, "health.probes.name")
        try Limits.number(timeout, "health.probes.timeout", in: 0...60)
        try Limits.url(url, "health.probes.url", ["http://127.0.0.1:"])
        let port = url.dropFirst("http://127.0.0.1:".count).prefix { $0 != "/" }
        guard port.utf8.allSatisfy(\.isDigit), (1...65535).contains(Int(port) ?? 0) else {
            throw Limits.refuse("health.probes.url", "must be http://127.0.0.1:PORT/PATH")
        }
    }
}
