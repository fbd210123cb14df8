import Testing
import Trust

@testable import Agent

@Suite("The kubelet's credentials")
struct CredentialsReaderTests {
    private func error(_ server: ClusterServer) -> ClusterError? {
        do throws(ClusterError) {
            _ = try server.reader.read()
            return nil
        } catch {
            return error
        }
    }

    private func path(_ server: ClusterServer) -> String {
        "\(server.home.path)/\(CredentialsReader.certificateFile)"
    }

    @Test(
        "server and CA are the membership's, the certificate is the kubelet's, its name the node's"
    )
    func read() throws {
        let server = try ClusterServer()
        let found = try server.reader.read()
        #expect(found.server.text == server.address)
        #expect(found.authorities == server.authority.pem)
        #expect(found.nodeName == "node-7")
        #expect(try Certificate.chain(pem: found.client.chain).count == 1)
        _ = try CertificateKey(pem: found.client.key)
    }

    @Test("a certificate that rotates is used from the next request on")
    func rotated() async throws {
        let line = "GET /api/v1/nodes/node-7"
        let server = try ClusterServer([line: [(500, "")]])
        let client = server.client()
        for _ in 0..<3 {
            let before = try server.reader.read().client.chain
            do { _ = try await client.node() } catch { #expect(error.blame == .cluster) }
            try server.keep(certificate: "system:node:node-7")
            #expect(try server.reader.read().client.chain != before)
        }
        // Another name is another node.
        try server.keep(certificate: "system:node:node-8")
        do { _ = try await client.node() } catch { #expect(error.blame == .refusal) }
        #expect(
            server.requests.map(\.user)
                == Array(repeating: "system:node:node-7", count: 3) + ["system:node:node-8"]
        )
        #expect(server.requests.last?.line == "GET /api/v1/nodes/node-8")
    }

    @Test("certificate and key may stand in any order, in a chain, and between other text")
    func order() throws {
        let server = try ClusterServer()
        let (certificate, key) = server.issue("system:node:node-7")
        let words = Array("Bag Attributes\r\n\r\n".utf8)
        for pem in [
            key.pem + certificate.pem, words + certificate.pem + words + key.pem + words,
            certificate.pem + server.authority.pem + key.pem,
        ] {
            try server.put(CredentialsReader.certificateFile, pem)
            let found = try server.reader.read()
            #expect(try Certificate.chain(pem: found.client.chain).first == certificate)
            #expect(found.client.key == key.pem)
        }
    }

    @Test("a certificate file that is missing, cut or another's is said to be so, with its path")
    func damaged() throws {
        let server = try ClusterServer()
        let (certificate, key) = server.issue("system:node:node-7")
        let path = path(server)
        let rows: [([UInt8], ClusterError)] = [
            ([], .certificate(path: path, .notPEM)),
            (certificate.pem, .certificate(path: path, .key(.notPEM))),
            (key.pem, .certificate(path: path, .notPEM)),
            (Array(certificate.pem.dropLast(40)) + key.pem, .certificate(path: path, .notPEM)),
            (certificate.pem + key.pem.dropLast(40), .certificate(path: path, .notPEM)),
            ([UInt8](repeating: 0xff, count: 100), .certificate(path: path, .notPEM)),
            (certificate.pem + CertificateKey().pem, .otherKey(path: path)),
        ]
        for (bytes, fault) in rows {
            try server.put(CredentialsReader.certificateFile, bytes)
            let found = error(server)
            #expect(found == fault)
            #expect(found?.blame == .node)
            #expect(found?.sentence.hasPrefix("\(path) is refused: ") == true)
        }
        try server.put(CredentialsReader.certificateFile, nil)
        #expect(error(server) == .noCertificate(path: path))
        #expect(
            error(server)?.sentence == "the node has no client certificate yet: the kubelet asks "
                + "for one and keeps it in \(path)."
        )
        // A folder in its place.
        try server.put("\(CredentialsReader.certificateFile)/x", [])
        guard case .file(path, _) = error(server) else {
            Issue.record("a folder is no certificate")
            return
        }
    }

    @Test("what the kubelet made under another membership is not used")
    func otherMembership() throws {
        let server = try ClusterServer()
        try server.put(KubeletLaunch.membershipMark, Array("another".utf8))
        #expect(error(server) == .noCertificate(path: path(server)))
        try server.put(KubeletLaunch.membershipMark, nil)
        #expect(error(server) == .noCertificate(path: path(server)))
    }

    @Test("a membership with a certificate of its own is used until the kubelet has a newer one")
    func given() throws {
        let server = try ClusterServer()
        let (certificate, key) = server.issue("admin")
        let credentials = Credentials.certificate(chain: certificate.pem, key: key.pem)
        try server.put(CredentialsReader.certificateFile, nil)
        try server.join(credentials: credentials, request: "two")
        #expect(try server.reader.read().client.chain == certificate.pem)
        // Its name says nothing of the node: the host's name is taken, as the kubelet writes it.
        #expect(try server.reader.read().nodeName == "host-7")
        try server.join(credentials: credentials, name: "told", request: "three")
        #expect(try server.reader.read().nodeName == "told")
        try server.keep(certificate: "system:node:node-9")
        #expect(try server.reader.read().nodeName == "node-9")
        #expect(try server.reader.read().client.chain != certificate.pem)
    }

    @Test("a node without a cluster, and one whose membership is damaged, ask nobody")
    func membership() throws {
        let server = try ClusterServer()
        server.state.put("kubernetes/a/ca.crt", Array("other".utf8))
        guard case .membership(.damaged) = error(server) else {
            Issue.record("the set is damaged")
            return
        }
        #expect(error(server)?.sentence.hasSuffix("restored or removed.") == true)
        let lone = CredentialsReader(state: BootstrapMemory(), home: "/", hostName: { "" })
        #expect(throws: ClusterError.notJoined) { try lone.read() }
        let state = BootstrapMemory()
        try MembershipStore(state: state).write(
            Membership(
                clientCA: server.authority.pem,
                cluster: nil,
                node: NodeSettings(unchecked: "", labels: [], taints: []),
                request: server.authority.fingerprint
            )
        )
        let alone = CredentialsReader(state: state, home: "/", hostName: { "" })
        #expect(throws: ClusterError.notJoined) { try alone.read() }
    }

    @Test("a name that cannot stand in an address is not asked for")
    func badName() async throws {
        let server = try ClusterServer()
        try server.keep(certificate: "system:node:../../x")
        do {
            _ = try await server.client().node()
            Issue.record("there is no such node")
        } catch {
            #expect(error == .unusable(reason: "\"../../x\" is no name of a node"))
        }
        #expect(server.requests.isEmpty)
    }
}
