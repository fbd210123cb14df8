import Slots
import SlotsFetch
import Trust

/// The pages of an API server that a bootstrap asks for, and what their failures mean.
struct ServerPages: Sendable {
    let server: ServerAddress
    /// For each page.
    let patience: Duration
    let now: Timestamp

    private static let limit = 1024 * 1024
    private static let clusterInfo = "/api/v1/namespaces/kube-public/configmaps/cluster-info"
    private static let version = "/version"

    /// Asks whether the server takes these credentials, over TLS that `authorities` vouch for.
    ///
    /// 403 is an answer: whoever may not read `/version` is known by name. 401 is a refusal.
    func checkVersion(
        _ authorities: Authorities,
        _ credentials: Credentials
    ) async throws(BootstrapError) {
        let (status, body) = try await page(Self.version, authorities, credentials)
        switch status {
        case 200:
            guard JSONObject(parsing: body)?.text("gitVersion") != nil else {
                throw .notAnAPIServer(server)
            }
        case 403: break
        case 401: throw refusal(credentials)
        default: throw .answered(server, path: Self.version, status: status)
        }
    }

    /// The `cluster-info` of the namespace `kube-public`, as JSON; `authorities` vouch for the
    /// server, or nobody does when `nil`. Strangers may read it, so no credentials are sent.
    func readClusterInfo(_ authorities: Authorities?) async throws(BootstrapError) -> [UInt8] {
        let (status, body) = try await page(Self.clusterInfo, authorities, nil)
        switch status {
        case 200: return body
        case 401, 403: throw .closedClusterInfo(server, status: status)
        case 404: throw .noClusterInfo(server)
        default: throw .answered(server, path: Self.clusterInfo, status: status)
        }
    }

    private func page(
        _ path: String,
        _ authorities: Authorities?,
        _ credentials: Credentials?
    ) async throws(BootstrapError) -> (status: Int, body: [UInt8]) {
        let url = server.url(path)
        let patience = patience
        do {
            return try await Offload.run("bootstrap") {
                () throws(PageFailure) -> (status: Int, body: [UInt8]) in
                try PageFetch.get(
                    url,
                    authorities: authorities?.pem,
                    insecure: authorities == nil,
                    bearer: credentials?.bearer,
                    client: credentials?.client,
                    limit: Self.limit,
                    timeout: patience
                )
            }
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ failure: PageFailure) -> BootstrapError {
        switch failure {
        case .unusable(let reason): .broken(server, reason: reason)
        case .unreachable(let reason): .unreachable(server, reason: reason)
        case .timedOut: .silent(server, after: patience)
        case .untrusted(let distrust, let reason):
            .untrusted(server, distrust, reason: reason, now: now)
        case .handshake(let reason): .noTLS(server, reason: reason)
        case .tooLarge: .notAnAPIServer(server)
        case .broken(let reason): .broken(server, reason: reason)
        }
    }

    private func refusal(_ credentials: Credentials) -> BootstrapError {
        switch credentials {
        case .token(let token): .tokenRefused(token, server, now: now)
        case .certificate(let chain, _): .certificateRefused(subject: subject(of: chain), server)
        }
    }

    private func subject(of chain: [UInt8]) -> String {
        do throws(CertificateError) {
            return try Certificate.chain(pem: chain).first?.subject ?? ""
        } catch {
            return ""
        }
    }
}

extension Credentials {
    fileprivate var bearer: String? {
        if case .token(let token) = self { token.text } else { nil }
    }

    fileprivate var client: ClientCertificate? {
        guard case .certificate(let chain, let key) = self else { return nil }
        return ClientCertificate(chain: chain, key: key)
    }
}
