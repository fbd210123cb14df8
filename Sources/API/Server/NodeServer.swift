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

    /// What whoever runs a server should know.
    public enum Notice: Sendable, Hashable {
        /// No connection is accepted any more; the core's words, such as "Failed accept4: Too many
        /// open files".
        case deaf(String)
        /// Connections are accepted again.
        case hears
    }

    /// The TCP port, also when 0 was asked for.
    public let port: Int
    private let host: String
    private let reception: Reception
    private let health: HealthService
    private let identity: IdentityStore
    private let limits: ServerLimits
    private let notice: @Sendable (Notice) -> Void
    private let state: Mutex<State>

    private struct State {
        var listener: Listener
        /// What the listener was made for; nil at an open door.
        var clientCA: [UInt8]?
        var retired: [Listener] = []
        var follower: UInt64?
        var listening: UInt64?
        /// Looks for another listener.
        var renewal: Task<Void, Never>?
        var isStopped = false
    }

    /// How long unary calls may go on that were admitted before the client CA changed.
    private static let farewell = Duration.seconds(30)
    /// How long calls may go on whose listener heard nothing new.
    private static let longFarewell = Duration.seconds(3600)
    /// Between two tries to listen again: what used the descriptors up may do so once more.
    private static let renewalPause = Duration.seconds(1)

    /// Binds `address` ("0.0.0.0:50051", "[::]:0") and begins to serve.
    ///
    /// Throws `.unavailable` when the address is taken or the identity cannot be used, and
    /// `.failedPrecondition` for a mutual door without a client CA. `notice` is called on any
    /// thread.
    public init(
        address: String,
        door: Door,
        identity: IdentityStore,
        service: any NodeService,
        gate: any CallGate,
        limits: ServerLimits = .init(),
        notice: @escaping @Sendable (Notice) -> Void = { _ in }
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
        // A port that the kernel chooses is nobody else's, and is never let go in between.
        guard address.hasSuffix(":0") || !PortCheck.isTaken(address),
            let credentials = ServerCredentials(
                first,
                version,
                clientCA: clientCA,
                from: identity
            ),
            let listener = Listener(address, credentials, limits, reception.serve)
        else { throw refusal }
        port = listener.port
        self.host = host
        self.reception = reception
        self.health = health
        self.identity = identity
        self.limits = limits
        self.notice = notice
        state = Mutex(State(listener: listener, clientCA: clientCA))
        let follower = identity.follow { [weak self] identity in self?.take(identity) }
        let listening = Deafness.follow { [weak self] words in self?.listenAgain(words) }
        state.withLock { state in
            state.follower = follower
            state.listening = listening
        }
    }

    deinit {
        // A server that was forgotten stops at once, in its own time.
        let listeners = leave()
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
        let listeners = leave()
        health.end()
        await withDiscardingTaskGroup { group in
            for listener in listeners { group.addTask { await listener.stop(grace: grace) } }
        }
    }

    /// Hears of nothing any more; what is left to stop.
    private func leave() -> [Listener] {
        let (listeners, follower, listening) = state.withLock { state in
            state.isStopped = true
            state.renewal?.cancel()
            return ([state.listener] + state.retired, state.follower, state.listening)
        }
        if let follower { identity.unfollow(follower) }
        if let listening { Deafness.unfollow(listening) }
        return listeners
    }

    /// A new identity: certificates and keys are fetched at the next handshake, but connections
    /// made under another client CA come to an end.
    ///
    /// The new listener is there before the old one closes, so there is no moment without one.
    private func take(_ identity: ServerIdentity) {
        let (old, all) = state.withLock { state -> (Listener?, [Listener]) in
            guard !state.isStopped, state.clientCA != nil else { return (nil, []) }
            guard state.clientCA != identity.clientCA else { return (nil, []) }
            guard identity.clientCA != nil,
                let listener = successor(identity, clientCA: identity.clientCA)
            else {
                CoreLog.tell("a new identity cannot be used and was not taken")
                return (nil, [])
            }
            state.clientCA = identity.clientCA
            return (replace(with: listener, in: &state), state.retired)
        }
        // Also those that were replaced for another reason have calls under the old one.
        for listener in all { listener.retire(Reception.retired) }
        if let old { end(old, after: Self.farewell) }
    }

    /// The listener that was in force; it stays among the retired until it has ended.
    private func replace(with listener: Listener, in state: inout State) -> Listener {
        let old = state.listener
        state.retired.append(old)
        state.listener = listener
        return old
    }

    private func end(_ old: Listener, after grace: Duration) {
        // It holds nothing but the old listener, and ends with it.
        Task { [weak self] in
            await old.stop(grace: grace)
            self?.state.withLock { state in state.retired.removeAll { $0 === old } }
        }
    }

    private func successor(_ identity: ServerIdentity, clientCA: [UInt8]?) -> Listener? {
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

// A port that the core has given up.
extension NodeServer {
    /// Another listener takes the port over as soon as there are descriptors for one. The old one's
    /// calls go on; connections without any are told to go away, which sets descriptors free.
    private func listenAgain(_ words: String) {
        let isNews = state.withLock { state in
            guard !state.isStopped, state.renewal == nil else { return false }
            state.renewal = Task { [weak self] in
                while !Task.isCancelled {
                    do { try await Task.sleep(for: Self.renewalPause) } catch { return }
                    guard let self, !self.renew() else { return }
                }
            }
            return true
        }
        if isNews { notice(.deaf(words)) }
    }

    /// True when there is nothing left to do.
    private func renew() -> Bool {
        let (old, isOver) = state.withLock { state -> (Listener?, Bool) in
            guard !state.isStopped else { return (nil, true) }
            guard let next = successor(identity.current.identity, clientCA: state.clientCA) else {
                return (nil, false)
            }
            // Before anything can be heard of the new one: it may be deaf soon as well.
            state.renewal = nil
            return (replace(with: next, in: &state), true)
        }
        guard let old else { return isOver }
        // Who connects after the notice must not meet the old one at its end.
        old.closeDoor()
        end(old, after: Self.longFarewell)
        notice(.hears)
        return true
    }
}
