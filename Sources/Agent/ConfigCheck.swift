import API

/// What the limits of the API let through, but this node cannot be.
enum ConfigCheck {
    static func check(_ config: Keel_V1_NodeConfig) throws(CallFailure) {
        let links = config.links.map { $0.match.lowercased() }
        guard Set(links).count == links.count else {
            throw CallFailure(
                .badRequest,
                "the configuration is refused: links names an interface twice. Nothing was changed."
            )
        }
        let probes = config.health.probes.map(\.name)
        // Two checks of one name could not be told apart, nor one of them made advisory.
        let taken = probes.first { name in
            AgentService.ownChecks.contains(name) || probes.count { $0 == name } > 1
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
