import API
import Slots
import Trust

/// One node, while a command asks it.
final class NodeSession: Sendable {
    /// An answer that needs no work comes within this time.
    static let patience: Duration = .seconds(20)

    let endpoint: Endpoint
    /// No other node is asked by this command.
    let isAlone: Bool
    let known: KnownNodes
    let hasCredentials: Bool
    private let client: NodeClient
    private let member: Fleet.Member
    private let credentials: ClientCredentials?

    init(
        _ member: Fleet.Member,
        credentials: ClientCredentials?,
        known: KnownNodes,
        isAlone: Bool
    ) throws(CommandError) {
        endpoint = member.endpoint
        self.member = member
        self.credentials = credentials
        hasCredentials = credentials != nil
        self.known = known
        self.isAlone = isAlone
        let trust: ServerTrust
        switch member.acquaintance {
        case .pinned(let digest): trust = .pinned(sha256: digest.bytes)
        case .signed(let authorities): trust = .authorities(authorities)
        case .either(let digest, let authorities):
            trust = .either(sha256: digest.bytes) { Self.trouble($0, authorities) }
        case .stranger:
            throw .setup(.notTrusted(member.endpoint.description))
        }
        do {
            client = try NodeClient(
                endpoint: endpoint.description,
                trust: trust,
                credentials: credentials
            )
        } catch {
            throw .call(error)
        }
    }

    func close() { client.close() }

    /// The same node over a new connection.
    func anew() throws(CommandError) -> NodeSession {
        try NodeSession(member, credentials: credentials, known: known, isAlone: isAlone)
    }

    /// The same node, which may show a certificate of its cluster's authorities (PEM) from now on.
    func joined(_ authorities: [UInt8]) throws(CommandError) -> NodeSession {
        guard case .pinned(let digest) = member.acquaintance else { return try anew() }
        var node = known[endpoint]
        node.fingerprint = digest
        node.cluster = String(decoding: authorities, as: UTF8.self)
        known.rememberIfPossible(node, endpoint)
        return try NodeSession(
            Fleet.Member(endpoint: endpoint, acquaintance: .either(digest, authorities)),
            credentials: credentials,
            known: known,
            isAlone: isAlone
        )
    }

    /// The same node as somebody without a certificate meets it.
    func asStranger() throws(CommandError) -> NodeSession {
        try NodeSession(member, credentials: nil, known: known, isAlone: isAlone)
    }

    /// Makes a call, and says what is known about why it failed.
    ///
    /// - Parameter onFailure: when the caller itself broke off, why.
    func call<Answer>(
        _ body: (NodeClient) async throws(CallFailure) -> Answer,
        onFailure: () -> CommandError? = { nil }
    ) async throws(CommandError) -> Answer {
        do throws(CallFailure) {
            let answer = try await body(client)
            rememberPin()
            return answer
        } catch {
            if error.isAnswer { rememberPin() }
            if let reason = onFailure() { throw reason }
            try await lookAtCertificate(error)
            throw .call(error, hasCredentials: hasCredentials)
        }
    }

    /// A fingerprint that was typed and that the node has need not be typed again.
    private func rememberPin() {
        guard case .pinned(let digest) = member.acquaintance else { return }
        var node = known[endpoint]
        guard node.fingerprint != digest else { return }
        node.fingerprint = digest
        known.rememberIfPossible(node, endpoint)
    }

    /// What is wrong with who signed a chain (PEM).
    private static func trouble(_ chain: [UInt8], _ authorities: [UInt8]) -> String? {
        do throws(CertificateError) {
            return ServerChain.trouble(
                try Certificate.chain(pem: chain),
                authorities: try Certificate.chain(pem: authorities)
            )
        } catch {
            return "\(error)"
        }
    }

    /// `nil` when the node shows nothing: it is away.
    private func shownFingerprint() async -> Digest? {
        do throws(CommandError) { return try await FirstContact.fingerprint(of: endpoint) } catch {
            return nil
        }
    }

    /// A node that cannot be reached may show another certificate than the one that is known.
    private func lookAtCertificate(_ failure: CallFailure) async throws(CommandError) {
        let digest: Digest
        switch member.acquaintance {
        case .pinned(let pin), .either(let pin, _): digest = pin
        case .signed, .stranger: return
        }
        guard failure.code == .unavailable, let found = await shownFingerprint(), found != digest
        else { return }
        if case .either(_, let authorities) = member.acquaintance,
            await FirstContact.isSigned(endpoint, by: authorities)
        {
            return
        }
        throw .setup(
            .otherCertificate(endpoint.description, known: digest.hex, found: found.hex)
        )
    }
}

extension CallFailure {
    /// The node itself refused, so it was reached and is who it should be.
    fileprivate var isAnswer: Bool {
        switch code {
        case .unauthenticated, .permissionDenied, .failedPrecondition, .notFound, .unimplemented:
            true
        default: false
        }
    }
}
