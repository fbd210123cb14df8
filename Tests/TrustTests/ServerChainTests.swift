import Foundation
import Slots
import Testing
import Trust

@Suite("Who vouches for a server")
struct ServerChainTests {
    private let key = CertificateKey()
    private let now = Timestamp(seconds: Int(Date().timeIntervalSince1970))

    @Test("a certificate that the authority made for a server is good, whatever others stand by")
    func good() {
        let authority = makeAuthority("cluster")
        let server = leaf(by: authority)
        #expect(ServerChain.trouble([server], authorities: [authority]) == nil)
        #expect(ServerChain.trouble([server, server], authorities: [authority]) == nil)
        let other = makeAuthority(key: CertificateKey())
        #expect(ServerChain.trouble([server], authorities: [other, authority]) == nil)
    }

    @Test("another authority, a client's certificate, another time: each is told")
    func bad() {
        let authority = makeAuthority("cluster")
        let server = leaf(by: authority)
        let other = makeAuthority("cluster", key: CertificateKey())
        let troubles = [
            ServerChain.trouble([], authorities: [authority]),
            ServerChain.trouble([server], authorities: []),
            ServerChain.trouble([server], authorities: [other]),
            ServerChain.trouble([leaf(by: authority, isServer: false)], authorities: [authority]),
            ServerChain.trouble([leaf(by: authority, from: -9)], authorities: [authority]),
            ServerChain.trouble([leaf(by: authority, from: 2)], authorities: [authority]),
        ]
        let words = [
            "there is no certificate", "unable to get local issuer certificate",
            "unable to get local issuer certificate", "unsuitable certificate purpose",
            "certificate has expired", "certificate is not yet valid",
        ]
        for (found, expected) in zip(troubles, words) { #expect(found == expected) }
    }

    @Test("an authority in between is believed when it comes along, or when it is the one we know")
    func between() throws {
        let openssl = try Openssl()
        let request = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9"
        for words in [
            "\(request) -x509 -subj /CN=root -keyout root.key -out root.pem",
            "\(request) -x509 -subj /CN=between -keyout b.key -out b.pem -CA root.pem"
                + " -CAkey root.key -addext basicConstraints=critical,CA:TRUE",
            "\(request) -x509 -subj /CN=node -keyout n.key -out n.pem -CA b.pem -CAkey b.key"
                + " -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth",
        ] {
            try #require(try openssl.output(words) != nil, "openssl \(words)")
        }
        func read(_ name: String) throws -> Certificate {
            try #require(try Certificate.chain(pem: openssl.read(name)).first)
        }
        let (root, between, node) = (try read("root.pem"), try read("b.pem"), try read("n.pem"))
        #expect(ServerChain.trouble([node, between], authorities: [root]) == nil)
        #expect(ServerChain.trouble([node], authorities: [between]) == nil)
        #expect(
            ServerChain.trouble([node], authorities: [root])
                == "unable to get local issuer certificate"
        )
    }

    private func makeAuthority(
        _ name: String = "other",
        key: CertificateKey? = nil
    ) -> Certificate {
        (key ?? self.key).selfSigned(
            commonName: name,
            organisations: [],
            names: [],
            isAuthority: true,
            from: Timestamp(seconds: now.seconds - 30 * 86400),
            days: 60
        )
    }

    /// `from`: days from now.
    private func leaf(
        by authority: Certificate,
        isServer: Bool = true,
        from: Int = -1
    ) -> Certificate {
        key.issue(
            for: CertificateKey(),
            by: authority,
            commonName: "node-7",
            organisations: [],
            names: ["10.0.0.7"],
            isServer: isServer,
            from: Timestamp(seconds: now.seconds + from * 86400),
            days: 5
        )
    }
}
