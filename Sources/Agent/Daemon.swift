import API
import InitLink
import Logging
import Slots
import Synchronization
import Syscalls

/// The agent's parts, put together: from the state folder to the open door, and back.
final class Daemon: Sendable {
    /// Between two looks at the certificate's age.
    private static let renewalPause: Duration = .seconds(3600)
    /// Between two looks at the certificate that the kubelet has from its cluster.
    private static let kubeletPause: Duration = .seconds(5)
    /// For each request to the cluster's API server.
    private static let clusterPatience: Duration = .seconds(10)
    /// Between two writes of the audit log's end.
    private static let auditPause: Duration = .seconds(1)
    /// Between two times that freed memory is given back.
    private static let trimPause: Duration = .seconds(5)
    /// How long calls under way may take to end.
    private static let grace: Duration = .seconds(5)

    private let place: Place
    private let host: HostFacts
    private let operations: Operations
    private let configuration: Configuration
    private let audit: AuditLog
    private let doors: Doors
    private let service: AgentService
    private let logger: Logger
    private let timers = Mutex<[Task<Void, Never>]>([])

    /// Reads the state folder and makes what is missing. Nothing is served yet. By `clock` it is
    /// judged whether a certificate is valid.
    init(
        _ settings: AgentSettings,
        initLink: any Init,
        clock: @escaping @Sendable () -> Timestamp = { .now },
        logger: Logger
    ) throws(DaemonError) {
        let state = StateFolder(path: settings.state)
        let host = HostFacts()
        place = Place(
            disk: settings.disk,
            trust: settings.trust,
            history: state.path + "/slots",
            commandLine: host.commandLine,
            bootID: host.bootID
        )
        let parts = try DaemonParts(state, host, initLink, clock, logger)
        let attempts = Attempts()
        let cluster = ClusterClient(
            credentials: CredentialsReader(state: state, home: KubeletPlan.home) { host.hostName },
            patience: Self.clusterPatience
        )
        let work = EngineWork(place: place, initLink: initLink, cluster: cluster) {
            attempts.value
        }
        operations = Operations(
            store: OperationStore(state: state),
            work: work,
            bootID: host.bootID,
            logger: logger
        )
        let clients = Clients()
        let clientCA = parts.clientCA
        let shown = ShownIdentity(parts.identity)
        let doors = Doors(
            address: settings.listen,
            identity: parts.identity,
            shown: shown,
            gate: Gate(
                door: clientCA == nil ? .open : .mutual,
                clients: clients,
                audit: parts.audit,
                clock: clock,
                logger: logger
            ),
            clientCA: clientCA,
            logger: logger
        )
        let link = ServiceLink()
        service = AgentService(
            place: place,
            host: host,
            identity: parts.identity,
            shown: shown,
            bootstrapper: parts.bootstrapper,
            operations: operations,
            reader: NodeReader(place),
            configuration: parts.configuration,
            audit: parts.audit,
            clients: clients,
            initLink: initLink,
            state: state,
            logger: logger,
            attempts: attempts,
            sandbox: SandboxProbe(socket: place.runtime, bootID: host.bootID),
            cluster: cluster,
            port: { doors.currentPort },
            useClientCA: { clientCA in link.use(clientCA, doors) }
        )
        link.set(service)
        self.doors = doors
        self.host = host
        self.logger = logger
        configuration = parts.configuration
        audit = parts.audit
    }

    /// The port that is served on.
    var port: Int? { doors.currentPort }

    /// What clients pin.
    var fingerprint: Digest { service.identity.fingerprint }

    /// Takes up what was left, then serves.
    func start() async throws(DaemonError) {
        await configuration.begin(now: .now)
        await service.noteAttempts()
        do throws(StateError) {
            try await Offload.run("recover") { [operations, place] () throws(StateError) in
                try operations.recover(place)
            }
        } catch {
            throw .state(error)
        }
        // Before anybody asks for the history. A disk on a workbench is told what to do.
        if place.commandLine.state != nil { await noteVerdicts() }
        do throws(CallFailure) { try await doors.open(service) } catch { throw .serve(error) }
        timers.withLock { timers in
            timers = [
                // A flood of calls leaves freed memory in pieces, which malloc keeps otherwise.
                repeating(every: Self.trimPause) { Memory.trim() },
                repeating(every: Self.renewalPause) { [doors, host] in
                    await doors.renew(names: host.names, now: .now)
                },
                repeating(every: Self.kubeletPause) { [doors] in await doors.lookAtKubelet() },
                Task { [service] in await service.watchTrial() },
                Task { [service] in await service.keepCluster() },
                Task { [service, logger] in await Leftovers(service.state).remove(logger) },
                repeating(every: Self.auditPause) { [audit, logger] in
                    do throws(StateError) {
                        try await Offload.run("audit") { () throws(StateError) in
                            try audit.synchronize()
                        }
                    } catch {
                        logger.error(
                            "The audit log is not durable",
                            metadata: ["error": "\(error.words)"]
                        )
                    }
                },
            ]
        }
    }

    private func noteVerdicts() async {
        do throws(CallFailure) { try await operations.noteVerdicts(place) } catch {
            logger.warning(
                "What the last boot left is not written down",
                metadata: ["error": "\(error.sentence)"]
            )
        }
    }

    /// Closes the door, lets an operation reach a safe point, and makes everything durable. What
    /// was not over is taken up by the next start.
    func stop() async {
        logger.notice("The agent ends")
        for timer in timers.withLock({ $0 }) { timer.cancel() }
        let end = ContinuousClock.now + .seconds(20)
        await doors.close(grace: Self.grace)
        while !operations.stop(), ContinuousClock.now < end {
            do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
        }
        do { try audit.synchronize() } catch {
            logger.error("The audit log is not durable", metadata: ["error": "\(error.words)"])
        }
    }

    private func repeating(
        every pause: Duration,
        _ body: @escaping @Sendable () async -> Void
    ) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                do { try await Task.sleep(for: pause) } catch { return }
                await body()
            }
        }
    }
}

/// What the program was told.
struct AgentSettings: Sendable {
    var disk: String
    var trust: String
    var state: String
    var listen: String
}

/// Why the agent does not start.
enum DaemonError: Error, Sendable {
    case state(StateError)
    case identity(IdentityError)
    /// What a bootstrap left cannot be believed: nobody may be let in.
    case membership(CallFailure)
    case serve(CallFailure)

    var sentence: String {
        switch self {
        case .state(let error): "\(error.words)."
        case .identity(let error): error.sentence
        case .membership(let failure): failure.sentence
        case .serve(let failure): failure.sentence
        }
    }
}

/// Leads from the service to the doors, which were made before it.
private final class ServiceLink: Sendable {
    private let service = Mutex<AgentService?>(nil)

    func set(_ service: AgentService) { self.service.withLock { $0 = service } }

    /// The call that brought the CA is answered through the door that closes.
    func use(_ clientCA: [UInt8], _ doors: Doors) {
        guard let service = service.withLock({ $0 }) else { return }
        Task { await doors.use(clientCA, service) }
    }
}
