import API
import InitLink
import Logging
import Slots

/// The node's configuration: what is kept, and a try that goes back by itself.
///
/// A change is applied as a try, durable before it is applied. It is kept when the client that
/// started it confirms it in time; otherwise, and when the agent starts after the deadline, the
/// node goes back to what was kept. Invariant: what is in force is the try's when there is one,
/// else what is kept.
actor Configuration {
    private let store: ConfigStore
    private let registries: RegistryFolder
    private let initLink: any Init
    private let logger: Logger
    private var kept: KeptConfig
    private var pending: Keel_V1_ConfigTry?
    private var timer: Task<Void, Never>?

    init(
        store: ConfigStore,
        initLink: any Init,
        logger: Logger
    ) throws(StateError) {
        self.store = store
        registries = RegistryFolder(state: store.state)
        self.initLink = initLink
        self.logger = logger
        kept = try store.current()
        pending = try store.pending()
    }

    /// The configuration that is kept, and the try if there is one.
    var state: (kept: KeptConfig, pending: Keel_V1_ConfigTry?) { (kept, pending) }

    /// Tries that a new release gets.
    var attempts: Int {
        let attempts = (pending?.config ?? kept.config).trial.attempts
        return attempts == 0 ? 3 : min(3, Int(attempts))
    }

    /// Brings the machine to what is kept, or goes on with a try whose time is not over.
    func begin(now: Timestamp) async {
        do throws(CallFailure) {
            if let pending, pending.id == kept.id || pending.deadline <= Int64(now.seconds) {
                try await drop(
                    pending.id == kept.id ? "it was confirmed" : "its time was over",
                    from: .initial
                )
            } else if let pending {
                try await apply(pending.config, from: .initial)
                startTimer(pending, seconds: Int(pending.deadline) - now.seconds)
            } else {
                try await apply(kept.config, from: .initial)
            }
        } catch {
            logger.error(
                "The configuration was not applied",
                metadata: ["error": "\(error.sentence)"]
            )
        }
    }

    func dryRun(_ config: Keel_V1_NodeConfig) throws(CallFailure) -> [String] {
        try ConfigCheck.checkNames(config)
        return ConfigDiff.lines(from: kept.config, to: config)
    }

    /// Applies a configuration as a try.
    func attempt(
        _ config: Keel_V1_NodeConfig,
        by subject: String,
        seconds: UInt32,
        expected generation: UInt64,
        now: Timestamp
    ) async throws(CallFailure) -> [String] {
        try ConfigCheck.checkNames(config)
        guard generation == 0 || generation == UInt64(kept.generation) else {
            throw CallFailure(
                .configTry,
                "the configuration is refused: expected generation \(generation), found "
                    + "\(kept.generation). Nothing was changed."
            )
        }
        if let pending {
            throw CallFailure(
                .configTry,
                "the configuration is refused: the try \(pending.id) of \(pending.startedBy) waits "
                    + "for its confirmation until \(Timestamp(seconds: Int(pending.deadline)))."
            )
        }
        let length = seconds == 0 ? 120 : seconds
        guard (30...3600).contains(length) else {
            throw CallFailure(.badRequest, "try_seconds is \(length), expected 30 to 3600.")
        }
        var new = Keel_V1_ConfigTry()
        new.id = Ids.make()
        new.deadline = Int64(now.seconds) + Int64(length)
        new.startedBy = subject
        new.config = config
        try keeping { () throws(StateError) in try store.keep(new) }
        // From here on another attempt is refused, although this one waits for the first process.
        pending = new
        do throws(CallFailure) { try await apply(config, from: kept.config) } catch {
            try? await drop("the machine did not take it", from: config)
            throw error
        }
        startTimer(new, seconds: Int(length))
        return ConfigDiff.lines(from: kept.config, to: config)
    }

    /// Keeps the try; only the client that started it may.
    func confirm(_ id: String, by subject: String, now: Timestamp) throws(CallFailure) {
        let pending = try waiting(id, at: now)
        guard pending.startedBy == subject else {
            throw CallFailure(
                .configTry,
                "the confirmation is refused: \(pending.startedBy) started this try, and nobody "
                    + "else may confirm it."
            )
        }
        let next = KeptConfig(config: pending.config, generation: kept.generation + 1, id: id)
        try keeping { () throws(StateError) in try store.keep(next) }
        kept = next
        timer?.cancel()
        timer = nil
        self.pending = nil
        // A try with the id of what is kept is no try: forgetting it can wait for the next start.
        do { try store.removeTry() } catch {
            logger.warning("A confirmed try stays behind", metadata: ["error": "\(error.words)"])
        }
    }

    /// Goes back now.
    func revert(_ id: String, now: Timestamp) async throws(CallFailure) {
        let tried = try waiting(id, at: now)
        try await drop("a client went back", from: tried.config)
    }

    private func waiting(_ id: String, at now: Timestamp) throws(CallFailure) -> Keel_V1_ConfigTry {
        guard let pending, pending.id == id, pending.deadline > Int64(now.seconds) else {
            throw CallFailure(
                .configTry,
                "no try with the id \"\(id)\" waits for its confirmation; generation "
                    + "\(kept.generation) is in force."
            )
        }
        return pending
    }

    private func startTimer(_ pending: Keel_V1_ConfigTry, seconds: Int) {
        timer?.cancel()
        timer = Task {
            do { try await Task.sleep(for: .seconds(seconds)) } catch { return }
            await self.expire(pending.id)
        }
    }

    private func expire(_ id: String) async {
        guard let pending, pending.id == id else { return }
        do throws(CallFailure) {
            try await drop("its time was over", from: pending.config)
        } catch {
            logger.error(
                "The machine did not go back to its configuration",
                metadata: ["error": "\(error.sentence)"]
            )
        }
    }

    /// Goes back to what is kept, and forgets the try.
    private func drop(
        _ why: String,
        from old: Keel_V1_NodeConfig
    ) async throws(CallFailure) {
        logger.notice(
            "A configuration try ended",
            metadata: ["why": "\(why)", "generation": "\(kept.generation)"]
        )
        timer?.cancel()
        timer = nil
        pending = nil
        try keeping { () throws(StateError) in try store.removeTry() }
        try await apply(kept.config, from: old)
    }

    /// Asks the first process, when anything differs that it sets; then says how registries are
    /// reached: a full disk costs no node its network.
    private func apply(
        _ config: Keel_V1_NodeConfig,
        from old: Keel_V1_NodeConfig
    ) async throws(CallFailure) {
        let settings = NetworkSettings(config)
        let (initLink, registries) = (initLink, registries)
        if settings != NetworkSettings(old) {
            do throws(InitFailure) {
                try await Offload.run("apply") { () throws(InitFailure) in
                    try initLink.apply(settings)
                }
            } catch {
                throw CallFailure(error)
            }
        }
        do throws(StateError) {
            try await Offload.run("registries") { () throws(StateError) in
                try registries.write(config.registryMirrors)
            }
        } catch {
            throw CallFailure(error)
        }
    }

    private func keeping(_ write: () throws(StateError) -> Void) throws(CallFailure) {
        do { try write() } catch { throw CallFailure(error) }
    }
}

extension Keel_V1_NodeConfig {
    /// What a machine is set to when nobody set anything.
    fileprivate static var initial: Self { KeptConfig.initial.config }
}

extension NetworkSettings {
    /// What the first process sets of a configuration.
    init(_ config: Keel_V1_NodeConfig) {
        self.init(
            hostName: config.hostname.isEmpty ? nil : config.hostname,
            links: config.links.compactMap { link in
                let method: LinkSettings.Method
                switch link.method {
                case .dhcp(let dhcp): method = .dhcp(clientID: dhcp.clientID)
                case .static(let fixed):
                    method = .fixed(addresses: fixed.addresses, gateways: fixed.gateways)
                case nil: return nil
                }
                return LinkSettings(
                    match: link.match,
                    method: method,
                    mtu: link.mtu == 0 ? nil : link.mtu
                )
            },
            nameservers: config.nameservers,
            searchDomains: config.searchDomains,
            timeServers: config.timeServers
        )
    }
}
