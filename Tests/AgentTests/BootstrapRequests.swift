import API
import Slots
import Trust

@testable import Agent

/// Requests for each way, and a node that takes them.
enum BootstrapRequests {
    static func token(
        _ cluster: BootstrapCluster,
        token: String = BootstrapCluster.token,
        ca: String? = nil
    ) -> Keel_V1_BootstrapRequest {
        var request = Keel_V1_BootstrapRequest()
        request.tokenWithCa.apiServer = cluster.address
        request.tokenWithCa.token = token
        request.tokenWithCa.ca = ca ?? cluster.authorityText
        return request
    }

    static func hash(
        _ cluster: BootstrapCluster,
        _ hashes: [String]? = nil,
        token: String = BootstrapCluster.token
    ) -> Keel_V1_BootstrapRequest {
        var request = Keel_V1_BootstrapRequest()
        request.tokenWithHash.apiServer = cluster.address
        request.tokenWithHash.token = token
        request.tokenWithHash.caHashes = hashes ?? [cluster.hash]
        return request
    }

    static func clientCA(_ text: String) -> Keel_V1_BootstrapRequest {
        var request = Keel_V1_BootstrapRequest()
        request.clientCa.ca = text
        return request
    }

    static func kubeconfig(_ text: String, context: String = "") -> Keel_V1_BootstrapRequest {
        var request = Keel_V1_BootstrapRequest()
        request.kubeconfig.document = .init(text.utf8)
        request.kubeconfig.context = context
        return request
    }

    /// A document with one context, `user` being the lines below `user:`.
    static func document(
        server: String,
        ca: Certificate,
        user: [String],
        cluster: [String] = []
    ) -> String {
        """
        apiVersion: v1
        kind: Config
        preferences: {}
        current-context: main
        contexts:
        - context: {cluster: here, user: me, namespace: default}
          name: main
        clusters:
        - name: here
          cluster:
            server: \(server)
            certificate-authority-data: \(Base64.encode(ca.pem))
        \(cluster.map { "    " + $0 }.joined(separator: "\n"))
        users:
        - name: me
          user:
        \(user.map { "    " + $0 }.joined(separator: "\n"))

        """
    }

    /// A service account's token with these claims, as JSON; signed by nobody.
    static func webToken(_ claims: String) -> String {
        let header = Base64URL.encode(Array("{\"alg\":\"RS256\",\"kid\":\"k\"}".utf8))
        return "\(header).\(Base64URL.encode(Array(claims.utf8))).c2lnbmF0dXJl"
    }

    static func node(
        _ state: BootstrapMemory,
        now: Timestamp = BootstrapCluster.now,
        patience: Duration = .seconds(20)
    ) -> Bootstrapper {
        Bootstrapper(state: state, clock: { now }, patience: patience)
    }
}

extension Bootstrapper {
    /// Why the request was not granted; `nil` when it was.
    func failure(
        _ request: Keel_V1_BootstrapRequest,
        isAuthenticated: Bool = true
    ) async -> CallFailure? {
        do throws(CallFailure) {
            _ = try await apply(request, isAuthenticated: isAuthenticated)
            return nil
        } catch {
            return error
        }
    }
}
