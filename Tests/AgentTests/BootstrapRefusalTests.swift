import API
import Slots
import Testing
import Trust

@testable import Agent

/// Each refusal has a sentence of its own, and leaves the node as it was.
@Suite("Bootstrap, refusals")
struct BootstrapRefusalTests {
    private let state = BootstrapMemory()

    private func refusal(
        _ request: Keel_V1_BootstrapRequest,
        now: Timestamp = BootstrapCluster.now,
        patience: Duration = .seconds(20)
    ) async throws -> Keel_V1_ErrorDetail {
        let node = BootstrapRequests.node(state, now: now, patience: patience)
        let failure = await node.failure(request)
        #expect(state.changes == 0)
        return try #require(failure).detail
    }

    @Test("a node that keeps nothing is nobody's to take, whatever is known of it")
    func inMemory() async throws {
        for secret in [nil, "sesame"] {
            let state = BootstrapMemory(["in-memory": Array("1\n".utf8)])
            state.put("join-secret", secret.map { Array($0.utf8) })
            let node = BootstrapRequests.node(state)
            let authority = BootstrapCluster.authority(CertificateKey())
            var request = BootstrapRequests.clientCA(String(decoding: authority.pem, as: UTF8.self))
            request.joinSecret = secret ?? ""
            let detail = try #require(await node.failure(request)).detail
            #expect(detail.reason == .bootstrapRefused)
            #expect(detail.sentence.contains("has no data partition and keeps nothing"))
            #expect(detail.truth == "Nothing was changed.")
            #expect(state.changes == 0)
            #expect(try node.clientCA() == nil)
            #expect(node.status().waitingFor.contains("keeps nothing"))
        }
    }

    @Test("a plain http API server is refused by one sentence that names https")
    func plainHTTP() async throws {
        let cluster = try BootstrapCluster()
        for text in ["http://127.0.0.1:6443", "HTTP://x", "127.0.0.1:6443", "ftp://x", ""] {
            var request = BootstrapRequests.token(cluster)
            request.tokenWithCa.apiServer = text
            let detail = try await refusal(request)
            #expect(detail.reason == .badRequest)
            #expect(detail.sentence.contains("must be reached over https://"))
            #expect(detail.sentence.filter { $0 == "." }.count <= 4)
        }
        #expect(cluster.requests.isEmpty)
    }

    @Test("a token that the server refuses is told from one that expired")
    func refusedTokens() async throws {
        let cluster = try BootstrapCluster(tokens: [])
        let now = BootstrapCluster.now
        let old = BootstrapRequests.webToken("{\"exp\": \(now.seconds - 60)}")
        let foreign = BootstrapRequests.webToken("{\"exp\": 4000000000, \"aud\": \"vault\"}")
        let cases: [(String, String)] = [
            (BootstrapCluster.token, "the bootstrap token abcdef is unknown or expired"),
            (old, "it expired at \(Timestamp(seconds: now.seconds - 60))"),
            (foreign, "is for another audience than vault"),
            (BootstrapRequests.webToken("{}"), "it is not this cluster's, was revoked"),
        ]
        for (token, words) in cases {
            let detail = try await refusal(BootstrapRequests.token(cluster, token: token))
            #expect(detail.reason == .bootstrapRefused)
            #expect(detail.sentence.contains(words), "\(detail.sentence)")
            #expect(!detail.sentence.contains(token))
        }
        #expect(cluster.requests.count == 4)
    }

    @Test("an expired token that the server takes is taken: the server's clock counts")
    func serverDecides() async throws {
        let token = BootstrapRequests.webToken("{\"exp\": 1}")
        let cluster = try BootstrapCluster(tokens: [token], signing: [])
        let node = BootstrapRequests.node(state)
        #expect(await node.failure(BootstrapRequests.token(cluster, token: token)) == nil)
    }

    @Test(
        "what is no token is refused before anybody is asked",
        arguments: ["", "abcdef", "abcdef.short", "a.b.c", "e30.e30.", "e30.W10.AA", "x\ny"]
    )
    func badToken(token: String) async throws {
        let cluster = try BootstrapCluster()
        let detail = try await refusal(BootstrapRequests.token(cluster, token: token))
        #expect(detail.reason == .badRequest)
        #expect(detail.sentence.contains("expected a bootstrap token"))
        #expect(cluster.requests.isEmpty)
    }

    @Test("another CA than the server's is refused, and the token stays here")
    func wrongCA() async throws {
        let cluster = try BootstrapCluster()
        let other = BootstrapCluster.authority(CertificateKey())
        let text = String(decoding: other.pem, as: UTF8.self)
        let detail = try await refusal(BootstrapRequests.token(cluster, ca: text))
        #expect(detail.reason == .bootstrapRefused)
        #expect(detail.sentence.contains("was not signed by the given CA"))
        #expect(cluster.requests.isEmpty)
    }

    @Test("a clock that is wrong is named, with the time it says")
    func clockSkew() async throws {
        let cluster = try BootstrapCluster()
        let request = BootstrapRequests.token(cluster)
        let early = try await refusal(request, now: Timestamp(seconds: 60))
        #expect(early.reason == .bootstrapRefused)
        #expect(
            early.sentence.contains("this node's clock says 1970-01-01T00:01:00Z: set the clock")
        )
        let late = try await refusal(request, now: Timestamp(seconds: 4_000_000_000))
        #expect(late.sentence.contains("expired at"))
        #expect(late.sentence.contains("this node's clock says 2096-10-02T07:06:40Z"))
        #expect(cluster.requests.isEmpty)
    }

    @Test("a server certificate out of its time is named as such")
    func serverTime() async throws {
        let tomorrow = try BootstrapCluster(serverFrom: 86400)
        let early = try await refusal(BootstrapRequests.token(tomorrow))
        #expect(early.sentence.contains("is not valid yet by this node's clock"))
        let yesterday = try BootstrapCluster(serverFrom: -3 * 86400, serverDays: 1)
        let late = try await refusal(BootstrapRequests.token(yesterday))
        #expect(late.sentence.contains("has expired by this node's clock"))
        let elsewhere = try BootstrapCluster(names: ["192.0.2.1"])
        let other = try await refusal(BootstrapRequests.token(elsewhere))
        #expect(other.sentence.contains("is for another name"))
    }

    @Test("a server that is not there, slow, or none at all is told apart")
    func unreachable() async throws {
        let gone = try BootstrapCluster()
        gone.stop()
        let detail = try await refusal(BootstrapRequests.token(gone))
        #expect(detail.reason == .cluster)
        #expect(detail.sentence.contains("cannot be reached"))
        let slow = try BootstrapCluster()
        try slow.answer("/version", "{\"delay\": 30}")
        let late = try await refusal(BootstrapRequests.token(slow), patience: .seconds(1))
        #expect(late.reason == .cluster)
        #expect(late.sentence.contains("did not answer within 1.0 s"))
    }

    @Test(
        "a server that answers otherwise than an API server does is not one",
        arguments: [
            ("{\"status\": 500}", "with status 500"), ("{\"status\": 404}", "with status 404"),
            ("{\"status\": 302}", "with status 302"),
            ("{\"status\": 200, \"body\": \"hello\"}", "not as an API server does"),
            ("{\"status\": 200, \"body\": \"{}\"}", "not as an API server does"),
        ]
    )
    func otherServer(override: String, words: String) async throws {
        let cluster = try BootstrapCluster()
        try cluster.answer("/version", override)
        let detail = try await refusal(BootstrapRequests.token(cluster))
        #expect(detail.reason == .cluster)
        #expect(detail.sentence.contains(words), "\(detail.sentence)")
    }

    @Test("a CA that is no CA is refused by what it is")
    func badCA() async throws {
        let leaf = CertificateKey().selfSigned(
            commonName: "leaf",
            organisations: [],
            names: [],
            isAuthority: false,
            from: Timestamp(seconds: BootstrapCluster.now.seconds - 60),
            days: 2
        )
        let key = String(decoding: CertificateKey().pem, as: UTF8.self)
        let cases: [(String, Keel_V1_Reason, String)] = [
            ("", .badRequest, "expected certificates in PEM"),
            ("hello", .badRequest, "expected certificates in PEM"),
            (key, .badRequest, "expected a CERTIFICATE, found a PRIVATE KEY"),
            (String(decoding: leaf.pem, as: UTF8.self), .bootstrapRefused, "may not sign others"),
        ]
        for (text, reason, words) in cases {
            let detail = try await refusal(BootstrapRequests.clientCA(text))
            #expect(detail.reason == reason)
            #expect(detail.sentence.contains(words), "\(detail.sentence)")
        }
    }

    @Test("a client CA that is over is refused; one of two that is good is enough")
    func rotatedCA() async throws {
        let old = BootstrapCluster.authority(CertificateKey(), from: -20 * 86400, days: 10)
        let new = BootstrapCluster.authority(CertificateKey())
        func text(_ chain: Certificate...) -> String {
            String(decoding: chain.flatMap(\.pem), as: UTF8.self)
        }
        let detail = try await refusal(BootstrapRequests.clientCA(text(old)))
        #expect(detail.sentence.contains("the CA certificate of CN=kubernetes expired at"))
        let node = BootstrapRequests.node(state)
        #expect(await node.failure(BootstrapRequests.clientCA(text(old, new))) == nil)
    }

    @Test("a request without a way, or with names that Kubernetes refuses, changes nothing")
    func settings() async throws {
        let ca = BootstrapCluster.authority(CertificateKey())
        let good = BootstrapRequests.clientCA(String(decoding: ca.pem, as: UTF8.self))
        func words(_ change: (inout Keel_V1_BootstrapRequest) -> Void) async throws -> String {
            var request = good
            change(&request)
            let detail = try await refusal(request)
            #expect(detail.reason == .badRequest)
            return detail.sentence
        }
        #expect(try await words { $0.way = nil }.contains("nothing to bootstrap with"))
        #expect(try await words { $0.nodeName = "Node_1" }.contains("the node name \"Node_1\""))
        #expect(try await words { $0.labels = ["a b": ""] }.contains("the label \"a b=\""))
        let own = "node-role.kubernetes.io/worker"
        #expect(try await words { $0.labels = [own: ""] }.contains("may not give it to itself"))
        #expect(try await words { $0.taints = ["a=b:Never"] }.contains("the taint \"a=b:Never\""))
        let many = (0..<65).map { "t\($0):NoSchedule" }
        #expect(try await words { $0.taints = many }.contains("too many taints"))
    }
}
