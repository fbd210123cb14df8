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
        // A setting that does nothing would be a promise that nobody keeps.
        guard config.health.probes.isEmpty else {
            throw CallFailure(
                .noInit,
                "the configuration is refused: this version makes no probes of its operator's "
                    + "(health.probes). Nothing was changed."
            )
        }
    }
}
