import API
import Slots
import Testing
import Trust

@testable import Agent

/// Finding the CA from a token and a hash, and whoever stands in between.
@Suite("Bootstrap, discovery")
struct BootstrapDiscoveryTests {
    private let state = BootstrapMemory()

    private func failure(
        _ request: Keel_V1_BootstrapRequest
    ) async throws -> Keel_V1_ErrorDetail {
        let failure = await BootstrapRequests.node(state).failure(request)
        #expect(state.changes == 0)
        #expect(failure?.detail.truth == "The node is not bootstrapped.")
        return try #require(failure).detail
    }

    @Test("the CA is read twice, the second time verified, and the token is sent only then")
    func discovered() async throws {
        let cluster = try BootstrapCluster()
        let node = BootstrapRequests.node(state)
        let other = "sha256:" + String(repeating: "0", count: 64)
        let request = BootstrapRequests.hash(cluster, [other, cluster.hash])
        let (response, clientCA) = try await node.apply(request, isAuthenticated: false)
        #expect(clientCA == cluster.authority.pem)
        #expect(response.apiServer == cluster.address)
        #expect(
            cluster.requests == [
                BootstrapCluster.infoPath + " -", BootstrapCluster.infoPath + " -",
                "/version Bearer \(BootstrapCluster.token)",
            ]
        )
        // The address is the one asked for, not the one that cluster-info names.
        #expect(state.text("kubernetes/a/bootstrap-kubeconfig")?.contains("192.0.2.1") == false)
    }

    @Test("whoever shows the true CA but has not its key is found out, and gets no token")
    func imposter() async throws {
        let truth = BootstrapCluster.authority(CertificateKey())
        let imposter = try BootstrapCluster(shown: truth)
        let request = BootstrapRequests.hash(imposter, ["sha256:\(truth.publicKeyHash)"])
        let detail = try await failure(request)
        #expect(detail.reason == .bootstrapRefused)
        #expect(detail.sentence.contains("was not signed by the given CA"))
        #expect(imposter.requests == [BootstrapCluster.infoPath + " -"])
    }

    @Test("whoever has the token but another CA does not have the hash")
    func otherHash() async throws {
        let cluster = try BootstrapCluster()
        let request = BootstrapRequests.hash(
            cluster,
            ["sha256:" + String(repeating: "a", count: 64)]
        )
        let detail = try await failure(request)
        #expect(detail.reason == .bootstrapRefused)
        #expect(detail.sentence.contains("another hash than given: found \(cluster.hash)"))
    }

    @Test("whoever has not the token's secret cannot sign")
    func badSignature() async throws {
        let cluster = try BootstrapCluster(signing: ["abcdef.ffffffffffffffff"])
        let detail = try await failure(BootstrapRequests.hash(cluster))
        #expect(detail.reason == .bootstrapRefused)
        #expect(detail.sentence.contains("does not fit its signature"))
    }

    @Test("a token that the cluster does not know has not signed")
    func unsigned() async throws {
        let cluster = try BootstrapCluster(signing: ["uvwxyz.0123456789abcdef"])
        let detail = try await failure(BootstrapRequests.hash(cluster))
        #expect(detail.reason == .bootstrapRefused)
        #expect(detail.sentence.contains("unknown to the cluster"))
        #expect(detail.sentence.contains("kubeadm token create"))
    }

    @Test("a token that signs but is not let in is refused at last")
    func notLetIn() async throws {
        let cluster = try BootstrapCluster(tokens: [], signing: [BootstrapCluster.token])
        let detail = try await failure(BootstrapRequests.hash(cluster))
        #expect(detail.sentence.contains("refuses the token: the bootstrap token abcdef"))
    }

    @Test(
        "a cluster without a readable cluster-info says what to do",
        arguments: [
            ("{\"status\": 404}", "has no cluster-info"), ("{\"status\": 403}", "to strangers"),
            ("{\"status\": 401}", "to strangers"), ("{\"status\": 503}", "with status 503"),
            ("{\"status\": 200}", "does not hold one cluster"),
            ("{\"status\": 200, \"body\": \"[]\"}", "does not hold one cluster"),
            ("{\"status\": 200, \"body\": \"{\\\"data\\\": 7}\"}", "does not hold one cluster"),
        ]
    )
    func noInfo(override: String, words: String) async throws {
        let cluster = try BootstrapCluster()
        try cluster.answer(BootstrapCluster.infoPath, override)
        let detail = try await failure(BootstrapRequests.hash(cluster))
        #expect(detail.reason == .cluster)
        #expect(detail.sentence.contains(words), "\(detail.sentence)")
    }

    @Test("a service account's token cannot discover")
    func webToken() async throws {
        let cluster = try BootstrapCluster()
        let token = BootstrapRequests.webToken("{}")
        let detail = try await failure(BootstrapRequests.hash(cluster, token: token))
        #expect(detail.reason == .badRequest)
        #expect(detail.sentence.contains("a CA hash needs a bootstrap token"))
        #expect(cluster.requests.isEmpty)
    }

    @Test(
        "a hash of another form is refused before anybody is asked",
        arguments: ["", "sha256:", "sha256:00", "sha512:", String(repeating: "0", count: 64)]
    )
    func badHash(hash: String) async throws {
        let cluster = try BootstrapCluster()
        let detail = try await failure(BootstrapRequests.hash(cluster, [hash]))
        #expect(detail.reason == .badRequest)
        #expect(detail.sentence.contains("expected sha256: and 64"))
        #expect(try await failure(BootstrapRequests.hash(cluster, [])).reason == .badRequest)
        #expect(cluster.requests.isEmpty)
    }

    @Test("a discovered CA that may not sign or is over is refused")
    func badAuthority() async throws {
        let key = CertificateKey()
        let old = BootstrapCluster.authority(key, from: -20 * 86400, days: 10)
        let leaf = key.selfSigned(
            commonName: "leaf",
            organisations: [],
            names: [],
            isAuthority: false,
            from: Timestamp(seconds: BootstrapCluster.now.seconds - 60),
            days: 10
        )
        for (shown, words) in [(old, "expired at"), (leaf, "may not sign others")] {
            let cluster = try BootstrapCluster(shown: shown)
            let request = BootstrapRequests.hash(cluster, ["sha256:\(shown.publicKeyHash)"])
            let detail = try await failure(request)
            #expect(detail.sentence.contains(words), "\(detail.sentence)")
        }
    }
}
