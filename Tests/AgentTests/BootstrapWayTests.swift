import API
import Slots
import Testing
import Trust

@testable import Agent

/// The four ways into a cluster, each with a real server.
@Suite("Bootstrap, the four ways")
struct BootstrapWayTests {
    private let state = BootstrapMemory()

    /// Members of the set in force, by name.
    private func file(_ name: String) -> String? {
        guard let set = state.text("kubernetes/current")?.prefix(1) else { return nil }
        return state.text("kubernetes/\(set)/\(name)")
    }

    @Test("a bootstrap token and a CA give a kubeconfig that asks for a certificate")
    func token() async throws {
        let cluster = try BootstrapCluster()
        let node = BootstrapRequests.node(state)
        var request = BootstrapRequests.token(cluster)
        request.nodeName = "node-1.example.org"
        request.labels = ["zone": "b", "example.org/rack": "7"]
        request.taints = ["dedicated=db:NoSchedule", "new:NoExecute"]
        let (response, clientCA) = try await node.apply(request, isAuthenticated: true)
        #expect(response.apiServer == cluster.address)
        #expect(response.clientCaFingerprints == [cluster.authority.publicKeyHash.hex])
        #expect(!response.unchanged)
        #expect(clientCA == cluster.authority.pem)
        #expect(try node.clientCA() == clientCA)
        #expect(cluster.requests == ["/version Bearer \(BootstrapCluster.token)"])
        let text = try #require(file("bootstrap-kubeconfig"))
        let entry = try KubeconfigReader(Array(text.utf8)).entry(context: "")
        #expect(entry.server == cluster.address)
        #expect(entry.authorities == cluster.authority.pem)
        #expect(entry.credentials == .token(BootstrapCluster.token))
        #expect(file("ca.crt") == cluster.authorityText)
        #expect(file("kubeconfig") == nil)
        let description = try #require(
            file("node.json").flatMap { NodeDescription(parsing: Array($0.utf8)) }
        )
        #expect(description.node.name == "node-1.example.org")
        #expect(description.node.labels == ["example.org/rack=7", "zone=b"])
        #expect(description.node.taints == ["dedicated=db:NoSchedule", "new:NoExecute"])
        #expect(try node.folder() == "kubernetes/a")
        let status = node.status()
        #expect(status.bootstrapped && status.apiServer == cluster.address)
        #expect(status.nodeName == "node-1.example.org" && status.waitingFor.isEmpty)
    }

    @Test("a service account's token goes the same way")
    func webToken() async throws {
        let token = BootstrapRequests.webToken("{\"exp\": 4000000000, \"aud\": [\"api\"]}")
        let cluster = try BootstrapCluster(tokens: [token], signing: [])
        let node = BootstrapRequests.node(state)
        let (response, _) = try await node.apply(
            BootstrapRequests.token(cluster, token: token),
            isAuthenticated: true
        )
        #expect(response.apiServer == cluster.address)
        #expect(file("bootstrap-kubeconfig")?.contains(token) == true)
    }

    @Test("the same request again is unchanged, and asks nobody")
    func again() async throws {
        let cluster = try BootstrapCluster()
        let node = BootstrapRequests.node(state)
        let hash = try BootstrapCluster()
        for (cluster, request) in [
            (cluster, BootstrapRequests.token(cluster)), (hash, BootstrapRequests.hash(hash)),
        ] {
            let (first, firstCA) = try await node.apply(request, isAuthenticated: true)
            let files = state.files
            let changes = state.changes
            cluster.stop()
            let (second, secondCA) = try await node.apply(request, isAuthenticated: true)
            #expect(!first.unchanged && second.unchanged)
            #expect(firstCA == secondCA)
            #expect(first.clientCaFingerprints == second.clientCaFingerprints)
            #expect(state.files == files && state.changes == changes)
        }
    }

    @Test("labels in another order are the same request")
    func sameLabels() async throws {
        let node = BootstrapRequests.node(state)
        let ca = BootstrapCluster.authority(CertificateKey())
        var request = BootstrapRequests.clientCA(String(decoding: ca.pem, as: UTF8.self))
        for number in 0..<30 { request.labels["l\(number)"] = "v" }
        _ = try await node.apply(request, isAuthenticated: true)
        request.labels = Dictionary(uniqueKeysWithValues: request.labels.shuffled())
        #expect(try await node.apply(request, isAuthenticated: true).0.unchanged)
        request.labels["l0"] = "w"
        #expect(try await !node.apply(request, isAuthenticated: true).0.unchanged)
    }

    @Test("a client CA alone makes a node without a cluster")
    func clientCA() async throws {
        let node = BootstrapRequests.node(state)
        let first = BootstrapCluster.authority(CertificateKey())
        let second = BootstrapCluster.authority(CertificateKey())
        let text = "two of them\n" + String(decoding: first.pem + second.pem, as: UTF8.self)
        let (response, clientCA) = try await node.apply(
            BootstrapRequests.clientCA(text),
            isAuthenticated: true
        )
        #expect(response.apiServer.isEmpty)
        let prints = [first, second].map(\.publicKeyHash.hex)
        #expect(response.clientCaFingerprints == prints)
        #expect(clientCA == first.pem + second.pem)
        #expect(try state.list("kubernetes/a") == ["clients.crt", "node.json"])
        #expect(node.status().bootstrapped)
    }

    @Test("a kubeconfig with a client certificate is used as it is")
    func kubeconfigCertificate() async throws {
        let cluster = try BootstrapCluster()
        let key = CertificateKey()
        let certificate = cluster.authorityKey.issue(
            for: key,
            by: cluster.authority,
            commonName: "system:node:node-1",
            organisations: ["system:nodes"],
            names: [],
            isServer: false,
            from: Timestamp(seconds: BootstrapCluster.now.seconds - 60),
            days: 1
        )
        let document = BootstrapRequests.document(
            server: cluster.address,
            ca: cluster.authority,
            user: [
                "client-certificate-data: \(Base64.encode(certificate.pem))",
                "client-key-data: \(Base64.encode(key.pem))",
            ]
        )
        let node = BootstrapRequests.node(state)
        let (response, _) = try await node.apply(
            BootstrapRequests.kubeconfig(document),
            isAuthenticated: true
        )
        #expect(response.apiServer == cluster.address)
        #expect(file("bootstrap-kubeconfig") == nil)
        let text = try #require(file("kubeconfig"))
        let entry = try KubeconfigReader(Array(text.utf8)).entry(context: "")
        #expect(entry.credentials == .certificate(chain: certificate.pem, key: key.pem))
        #expect(cluster.requests == ["/version -"])
    }

    @Test("a kubeconfig with a token, as JSON too, only asks for a certificate")
    func kubeconfigToken() async throws {
        let cluster = try BootstrapCluster()
        let node = BootstrapRequests.node(state)
        let json = """
            {"kind": "Config", "current-context": "other", "contexts": [
              {"name": "other", "context": {"cluster": "x", "user": "y"}},
              {"name": "main", "context": {"cluster": "here", "user": "me"}}],
             "clusters": [{"name": "here", "cluster": {"server": "\(cluster.address)/",
               "certificate-authority-data": "\(Base64.encode(cluster.authority.pem))"}}],
             "users": [{"name": "me", "user": {"token": "\(BootstrapCluster.token)"}}]}
            """
        let request = BootstrapRequests.kubeconfig(json, context: "main")
        #expect(try await node.apply(request, isAuthenticated: true).0.apiServer == cluster.address)
        #expect(file("bootstrap-kubeconfig")?.contains(BootstrapCluster.token) == true)
        let other = BootstrapRequests.kubeconfig(json)
        let failure = await node.failure(other)
        #expect(failure?.detail.sentence.contains("no cluster \"x\"") == true)
    }

    @Test("another cluster replaces the first, and its secrets go")
    func change() async throws {
        let one = try BootstrapCluster()
        let other = try BootstrapCluster(tokens: ["ghijkl.fedcba9876543210"])
        let node = BootstrapRequests.node(state)
        _ = try await node.apply(BootstrapRequests.token(one), isAuthenticated: true)
        let request = BootstrapRequests.token(other, token: "ghijkl.fedcba9876543210")
        let (response, clientCA) = try await node.apply(request, isAuthenticated: true)
        #expect(response.apiServer == other.address && !response.unchanged)
        #expect(clientCA == other.authority.pem)
        #expect(try node.folder() == "kubernetes/b")
        let everything = state.files.values.map { String(decoding: $0, as: UTF8.self) }
        #expect(!everything.contains { $0.contains(BootstrapCluster.token) })
        _ = try await node.apply(BootstrapRequests.token(one), isAuthenticated: true)
        #expect(try node.folder() == "kubernetes/a")
    }

    @Test("a server that knows us but lets us read nothing is an answer")
    func forbidden() async throws {
        let cluster = try BootstrapCluster()
        try cluster.answer("/version", "{\"status\": 403}")
        let node = BootstrapRequests.node(state)
        #expect(
            try await node.apply(BootstrapRequests.token(cluster), isAuthenticated: true).0
                .apiServer == cluster.address
        )
    }

    @Test("the real state folder keeps it, for its owner alone, across a restart")
    func onDisk() async throws {
        let folder = try BootstrapFolder()
        let ca = BootstrapCluster.authority(CertificateKey())
        let request = BootstrapRequests.clientCA(String(decoding: ca.pem, as: UTF8.self))
        for turn in 0..<3 {
            let node = Bootstrapper(
                state: StateFolder(path: folder.path),
                clock: { BootstrapCluster.now }
            )
            #expect(try node.clientCA() == (turn == 0 ? nil : ca.pem))
            #expect(try await node.apply(request, isAuthenticated: true).0.unchanged == (turn > 0))
        }
        #expect(try folder.modes() == ["600"])
    }
}
