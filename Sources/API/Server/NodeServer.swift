import Synchronization

/// The node's side of the API: `keel.v1.NodeService` and the standard health check, over TLS.
///
/// Serves from `init` until `stop`. There is no way to serve without TLS.
public final class NodeServer: Sendable {
    /// Who may come in.
    public enum Door: Sendable {
        /// A node that nobody has taken yet: client certificates are not asked for, and only these
        /// methods of `NodeService` exist (and the health check).
        case open(methods: Set<String>)
        /// Only who shows a certificate of the client CA. Without it there is no TLS connection.
        case mutual
    }

    /// The TCP port, also when 0 was asked for.
    public let port: Int
    private let host: String
    private let reception: Reception
    private let health: HealthService
    private let identity: IdentityStore
    private let limits: ServerLimits
    private let state: Mutex<State>

    private struct State {
        var listener: Listener
        /// What the listener was made for; nil at an open door.
        var clientCA: [UInt8]?
        var retired: [Listener] = []
        var follower: UInt64?
        var isStopped = false
    }

    /// How long unary calls may go on that were admitted before the client CA changed.
    private static let farewell = Duration.seconds(30)

    /// Binds `address` ("0.0.0.0:50051", "[::]:0") and begins to serve.
    ///
    /// Throws `.unavailable` when the address is taken or the identity cannot be used, and
    /// `.failedPrecondition` for a mutual door without a client CA.
    public init(
        address: String,
        door: Door,
        identity: IdentityStore,
        service: any NodeService,
        gate: any CallGate,
        limits: ServerLimits = .init()
    ) throws(CallFailure) {
        let (first, version) = identity.current
        let health = HealthService()
        var methods = NodeMethods.table(service, limits)
        methods.merge(health.methods(limits)) { mine, _ in mine }
        var openMethods: Set<String>?
        var clientCA: [UInt8]?
        switch door {
        case .open(let methods): openMethods = methods
        case .mutual:
            guard let authority = first.clientCA else {
                throw CallFailure(.notBootstrapped, "a mutual door needs a client CA")
            }
            clientCA = authority
        }
        let reception = Reception(methods: methods, openMethods: openMethods, gate: gate)
        let refusal = CallFailure(
            code: .unavailable,
            "cannot serve on \(address): it is taken, or certificate and key cannot be used"
        )
        guard let host = address.lastIndex(of: ":").map({ String(address[..<$0]) }) else {
            throw refusal
        }
        func credentials() -> ServerCredentials? {
            ServerCredentials(first, version, clientCA: clientCA, from: identity)
        }
        // A port that the kernel chooses is nobody else's, and is never let go in between.
        if !address.hasSuffix(":0") {
            guard let probe = credentials(), Listener.isFree(address, probe) else { throw refusal }
        }
        // The feed of the probe's credentials is used up.
        guard let credentials = credentials(),
            let listener = Listener(address, credentials, limits, reception.serve)
        else { throw refusal }
        port = listener.port
        self.host = host
        self.reception = reception
        self.health = health
        self.identity = identity
        self.limits = limits
        state = Mutex(State(listener: listener, clientCA: clientCA))
        let follower = identity.follow { [weak self] identity in self?.take(identity) }
        state.withLock { $0.follower = follower }
    }

    deinit {
        // A server that was forgotten stops at once, in its own time.
        let (listeners, follower) = state.withLock { ([$0.listener] + $0.retired, $0.follower) }
        if let follower { identity.unfollow(follower) }
        Task { for listener in listeners { await listener.stop(grace: .zero) } }
    }

    /// What the health check says of the node; true from the start.
    public func setServing(_ isServing: Bool) {
        health.set(isServing)
    }

    /// Closes the door, lets calls go on for `grace`, cancels the rest, and frees everything.
    ///
    /// When it returns another server may take the port. Calls of the health check's Watch end at
    /// once. Stopping twice is stopping once.
    public func stop(grace: Duration) async {
        let (listeners, follower) = state.withLock { state in
            state.isStopped = true
            return ([state.listener] + state.retired, state.follower)
        }
        if let follower { identity.unfollow(follower) }
        health.end()
        await withDiscardingTaskGroup { group in
            for listener in listeners { group.addTask { await listener.stop(grace: grace) } }
        }
    }

    /// A new identity: certificates and keys are fetched at the next handshake, but connections
    /// made under another client CA come to an end.
    ///
    /// The new listener is there before the old one closes, so there is no moment without one.
    private func take(_ identity: ServerIdentity) {
        let old = state.withLock { state -> Listener? in
            guard !state.isStopped, state.clientCA != nil else { return nil }
            guard state.clientCA != identity.clientCA else { return nil }
            guard let listener = successor(identity) else {
                CoreLog.tell("a new identity cannot be used and was not taken")
                return nil
            }
            defer { state.listener = listener }
            state.clientCA = identity.clientCA
            state.retired.append(state.listener)
            return state.listener
        }
        guard let old else { return }
        old.retire(Reception.retired)
        // It holds nothing but the old listener, and ends with it.
        Task {
            await old.stop(grace: Self.farewell)
            state.withLock { state in state.retired.removeAll { $0 === old } }
        }
    }

    private func successor(_ identity: ServerIdentity) -> Listener? {
        guard let clientCA = identity.clientCA else { return nil }
        let version = self.identity.current.version
        guard
            let credentials = ServerCredentials(
                identity,
                version,
                clientCA: clientCA,
                from: self.identity
            )
        else { return nil }
        return Listener("\(host):\(port)", credentials, limits, reception.serve)
    }
}
