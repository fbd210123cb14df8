import API
import Slots
import SwiftProtobuf
import Synchronization
import Trust

/// Gives the node its client CA and the cluster it belongs to, all of it or nothing.
///
/// Safe to repeat: the same request again is `unchanged` and asks nobody; another one replaces
/// what was there. Any task may call any of it at any time.
struct Bootstrapper: Sendable {
    private let store: MembershipStore
    private let joinSecret: JoinSecret
    private let clock: @Sendable () -> Timestamp
    /// For each page of the API server.
    private let patience: Duration
    private let turn = BootstrapTurn()

    /// Waits 10 s for each page of the API server.
    init(state: any BootstrapState, clock: @escaping @Sendable () -> Timestamp) {
        self.init(state: state, clock: clock, patience: .seconds(10))
    }

    init(
        state: any BootstrapState,
        clock: @escaping @Sendable () -> Timestamp,
        patience: Duration
    ) {
        store = MembershipStore(state: state)
        joinSecret = JoinSecret(state: state)
        self.clock = clock
        self.patience = patience
    }

    /// Bootstraps the node, or changes what an earlier one set.
    ///
    /// The answer's `clientCA`, in PEM, is what clients must show a certificate of from now on.
    /// `isAuthenticated`: TLS verified the caller's certificate. Without one only the first
    /// bootstrap is granted, whatever door the call came through: between the first one and the
    /// closing of the open door others may still come in by it.
    ///
    /// *Durability*: in force and durable when it returns, as it was before when it throws.
    func apply(
        _ request: Keel_V1_BootstrapRequest,
        isAuthenticated: Bool
    ) async throws(CallFailure) -> (Keel_V1_BootstrapResponse, clientCA: [UInt8]) {
        do throws(BootstrapError) {
            guard turn.take() else { throw .busy }
            defer { turn.giveBack() }
            return try await applyAlone(request, isAuthenticated)
        } catch {
            throw CallFailure(error.reason, error.sentence, truth: truth)
        }
    }

    /// Where the node stands.
    func status() -> Keel_V1_GetBootstrapStatusResponse {
        var response = Keel_V1_GetBootstrapStatusResponse()
        do throws(BootstrapError) {
            if let inForce = try store.read() {
                response.bootstrapped = true
                response.apiServer = inForce.description.server
                response.nodeName = inForce.description.node.name
            } else {
                response.needsJoinSecret = try joinSecret.isSet()
                response.waitingFor =
                    try store.isInMemory()
                    ? BootstrapError.nothingKept.sentence : "the node waits for osctl bootstrap."
            }
        } catch {
            response.bootstrapped = true
            response.waitingFor = error.sentence
        }
        return response
    }

    /// The client CA in force, in PEM; `nil` when the node was never bootstrapped.
    ///
    /// Throws when it was, and what it set cannot be believed any more: then nobody may be let in.
    func clientCA() throws(CallFailure) -> [UInt8]? {
        do throws(BootstrapError) { return try store.read()?.clientCA } catch {
            throw CallFailure(error.reason, error.sentence)
        }
    }

    /// Tells this cluster from another, and this bootstrap from the next; `nil` without a cluster.
    var membership: Digest? {
        do throws(BootstrapError) {
            guard let found = try store.read(), !found.description.server.isEmpty else {
                return nil
            }
            return found.description.request
        } catch {
            return nil
        }
    }

    /// The folder below the state folder whose files the kubelet is to use; `nil` without one.
    func folder() throws(CallFailure) -> String? {
        do throws(BootstrapError) {
            return try store.read().map { MembershipStore.folder($0.set) }
        } catch {
            throw CallFailure(error.reason, error.sentence)
        }
    }

    /// Removes secrets that are of no use any more and were left behind by a power cut. For the
    /// agent's start.
    func tidy() throws(CallFailure) {
        do throws(BootstrapError) { try tidyUp() } catch {
            throw CallFailure(error.reason, error.sentence)
        }
    }

    private func tidyUp() throws(BootstrapError) {
        let isBootstrapped = try store.read() != nil
        try store.tidy()
        if isBootstrapped { try joinSecret.remove() }
    }

    private func applyAlone(
        _ request: Keel_V1_BootstrapRequest,
        _ isAuthenticated: Bool
    ) async throws(BootstrapError) -> (Keel_V1_BootstrapResponse, clientCA: [UInt8]) {
        let before = try store.read()
        // Once bootstrapped, the caller's certificate speaks for them.
        if before == nil {
            guard try !store.isInMemory() else { throw .nothingKept }
            try joinSecret.check(request.joinSecret)
        }
        let digest = try Self.digest(request)
        let node = try NodeSettings(
            name: request.nodeName,
            labels: request.labels,
            taints: request.taints
        )
        if let before {
            guard before.description.request != digest else {
                return try answer(before.clientCA, before.description.server, unchanged: true)
            }
            guard isAuthenticated else { throw .alreadyBootstrapped }
        }
        let now = clock()
        let way = try JoinWay(request, now: now)
        let membership = try await membership(way, node, digest, now)
        try store.write(membership)
        // It is in force; what is left over can also go at the next start.
        do throws(BootstrapError) { try tidyUp() } catch {}
        let server = membership.cluster?.server.text ?? ""
        return try answer(membership.clientCA, server, unchanged: false)
    }

    /// Asks the cluster whatever there is to ask, before anything is written.
    private func membership(
        _ way: JoinWay,
        _ node: NodeSettings,
        _ request: Digest,
        _ now: Timestamp
    ) async throws(BootstrapError) -> Membership {
        switch way {
        case .clientCA(let authorities):
            return Membership(
                clientCA: authorities.pem,
                cluster: nil,
                node: node,
                request: request
            )
        case .cluster(let cluster, let authorities):
            let pages = ServerPages(server: cluster.server, patience: patience, now: now)
            try await pages.checkVersion(authorities, cluster.credentials)
            return Membership(
                clientCA: authorities.pem,
                cluster: cluster,
                node: node,
                request: request
            )
        case .discovery(let server, let token, let hashes):
            let pages = ServerPages(server: server, patience: patience, now: now)
            let authorities = try await Discovery(pages: pages, token: token, hashes: hashes)
                .authorities()
            let cluster = Membership.Cluster(
                server: server,
                authorities: authorities.pem,
                credentials: .token(.bootstrap(token))
            )
            return try await membership(.cluster(cluster, authorities), node, request, now)
        }
    }

    private func answer(
        _ clientCA: [UInt8],
        _ server: String,
        unchanged: Bool
    ) throws(BootstrapError) -> (Keel_V1_BootstrapResponse, clientCA: [UInt8]) {
        var response = Keel_V1_BootstrapResponse()
        do throws(CertificateError) {
            response.clientCaFingerprints = try Certificate.chain(pem: clientCA)
                .map(\.publicKeyHash.hex)
        } catch {
            throw .authority(error)
        }
        response.apiServer = server
        response.clientCa = String(decoding: clientCA, as: UTF8.self)
        response.unchanged = unchanged
        return (response, clientCA)
    }

    /// What is still true after a refusal.
    private var truth: String {
        do throws(BootstrapError) {
            guard try store.read() == nil else {
                return "The node obeys the same client CA as before."
            }
            return try store.isInMemory()
                ? "Nothing was changed." : "The node is not bootstrapped."
        } catch {
            return "Nobody is let in."
        }
    }

    /// SHA-256 of all the request says, but for the join secret.
    private static func digest(
        _ request: Keel_V1_BootstrapRequest
    ) throws(BootstrapError) -> Digest {
        var request = request
        request.joinSecret = ""
        var options = BinaryEncodingOptions()
        options.useDeterministicOrdering = true
        let bytes: [UInt8]
        do { bytes = try request.serializedBytes(options: options) } catch { throw .noWay }
        return OpenSSLHashing().sha256(bytes.span)
    }
}

/// Lets one bootstrap at a time happen.
private final class BootstrapTurn: Sendable {
    private let isTaken = Mutex(false)

    func take() -> Bool {
        isTaken.withLock { taken in
            defer { taken = true }
            return !taken
        }
    }

    func giveBack() { isTaken.withLock { $0 = false } }
}
