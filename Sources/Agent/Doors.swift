import API
import Logging
import Slots
import Synchronization

/// The two doors of the node, one after the other on the same port.
///
/// Without a client CA the open door serves four methods to anybody. With one, the mutual door lets
/// in who shows a certificate. They are two servers in turn, never one server with a flag: a check
/// that is forgotten fails closed.
actor Doors {
    private let address: String
    private let identity: Identity
    private let shown: ShownIdentity
    private let store: IdentityStore
    private let gate: Gate
    private let logger: Logger
    private let port = Mutex<Int?>(nil)
    private var server: NodeServer?
    private var clientCA: [UInt8]?
    private var isClosed = false
    /// Times that the second door's port is tried.
    private static let tries = 25

    /// `address` is `HOST:PORT`; port 0 takes a free one.
    init(
        address: String,
        identity: Identity,
        shown: ShownIdentity,
        gate: Gate,
        clientCA: [UInt8]?,
        logger: Logger
    ) {
        self.address = address
        self.identity = identity
        self.shown = shown
        self.gate = gate
        self.clientCA = clientCA
        self.logger = logger
        _ = shown.look(clientCA: clientCA)
        store = IdentityStore(shown.server(clientCA: clientCA))
    }

    /// The port that is served on; `nil` before the first door is open.
    nonisolated var currentPort: Int? { port.withLock { $0 } }

    /// Opens the door that belongs to the node's state.
    func open(_ service: any NodeService) throws(CallFailure) {
        let isMutual = clientCA != nil
        // The gate first: for the moment between two doors there is no server at all.
        gate.use(isMutual ? .mutual : .open)
        let server = try NodeServer(
            address: addressNow,
            door: isMutual ? .mutual : .open(methods: Roles.unbootstrapped),
            identity: store,
            service: service,
            gate: gate,
            notice: { [logger] notice in Self.tell(notice, logger) }
        )
        self.server = server
        port.withLock { $0 = server.port }
        server.setServing(true)
        logger.notice(
            "The agent serves",
            metadata: [
                "port": "\(server.port)", "door": isMutual ? "mutual" : "open",
                "fingerprint": "\(identity.fingerprint.hex)",
            ]
        )
    }

    private static func tell(_ notice: NodeServer.Notice, _ logger: Logger) {
        switch notice {
        case .deaf(let words):
            logger.error(
                "No connection can be accepted; another listener takes the port over",
                metadata: ["error": "\(words)"]
            )
        case .hears: logger.notice("Connections are accepted again")
        }
    }

    /// Clients need a certificate of this CA from now on. The first one closes the open door, after
    /// the calls that came through it were answered.
    func use(_ clientCA: [UInt8], _ service: any NodeService) async {
        let wasOpen = self.clientCA == nil
        guard self.clientCA != clientCA else { return }
        self.clientCA = clientCA
        // Another cluster's certificate is not shown to this one's clients.
        _ = shown.look(clientCA: clientCA)
        store.replace(shown.server(clientCA: clientCA))
        guard wasOpen else {
            logger.notice("The client CA was replaced")
            return
        }
        await server?.stop(grace: .seconds(5))
        server = nil
        await openAgain(service)
    }

    /// In the moment between two doors the port belongs to nobody, and a connection of another
    /// program may have been given it.
    private func openAgain(_ service: any NodeService) async {
        for _ in 0..<Self.tries where !isClosed && server == nil {
            do throws(CallFailure) { return try open(service) } catch {
                logger.warning("The port is taken", metadata: ["error": "\(error.sentence)"])
            }
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
        }
        guard !isClosed, server == nil else { return }
        // Closed is the safe state; whoever supervises the agent starts it again.
        logger.critical("The mutual door could not be opened")
    }

    /// Makes the certificate anew when it is time, and shows it at the next handshakes.
    func renew(names: [String], now: Timestamp) {
        do {
            guard try identity.renew(names: names, now: now) else { return }
            store.replace(shown.server(clientCA: clientCA))
            logger.notice(
                "The certificate was renewed",
                metadata: ["fingerprint": "\(identity.fingerprint.hex)"]
            )
        } catch {
            logger.error(
                "The certificate could not be renewed",
                metadata: ["error": "\(error.sentence)"]
            )
        }
    }

    /// Shows the certificate that the kubelet has from its cluster, when there is a new one.
    func lookAtKubelet() {
        guard let change = shown.look(clientCA: clientCA) else { return }
        store.replace(shown.server(clientCA: clientCA))
        switch change {
        case .cluster(let subject):
            logger.notice(
                "The node shows its cluster's certificate",
                metadata: ["subject": "\(subject)"]
            )
        case .own(let why):
            logger.warning("The node shows its own certificate", metadata: ["why": "\(why)"])
        }
    }

    func close(grace: Duration) async {
        isClosed = true
        server?.setServing(false)
        await server?.stop(grace: grace)
        server = nil
    }

    /// The second door takes the first one's port, also when any port was asked for.
    private var addressNow: String {
        guard let port = currentPort, let colon = address.lastIndex(of: ":") else { return address }
        return "\(address[..<colon]):\(port)"
    }
}
