/// What a node's configuration must be besides what each of its fields must be.
public enum ConfigCheck {
    /// Names of a node's own health checks; no probe may have one of them.
    public static let ownChecks: Set = [
        "agent", "clock", "containerd", "disk", "kubelet", "network", "node", "sandbox", "services",
        "state", "steady",
    ]

    /// Everything: the limits that a request is held to, and `checkNames`.
    ///
    /// Throws BAD_REQUEST with the field, what is expected and what was found.
    public static func check(_ config: Keel_V1_NodeConfig) throws(CallFailure) {
        try config.check()
        try checkNames(config)
    }

    /// What the limits let through, but no node can be.
    public static func checkNames(_ config: Keel_V1_NodeConfig) throws(CallFailure) {
        let links = config.links.map { $0.match.lowercased() }
        guard Set(links).count == links.count else {
            throw CallFailure(
                .badRequest,
                "the configuration is refused: links names an interface twice. Nothing was changed."
            )
        }
        let registries = config.registryMirrors.map { $0.registry.lowercased() }
        guard Set(registries).count == registries.count else {
            throw CallFailure(
                .badRequest,
                "the configuration is refused: registry_mirrors names a registry twice. Nothing "
                    + "was changed."
            )
        }
        let probes = config.health.probes.map(\.name)
        // Two checks of one name could not be told apart, nor one of them made advisory.
        let taken = probes.first { name in
            ownChecks.contains(name) || probes.count { $0 == name } > 1
        }
        if let taken {
            throw CallFailure(
                .badRequest,
                "the configuration is refused: health.probes has the name \(taken), which another "
                    + "check has. Nothing was changed."
            )
        }
    }
}
