import Foundation
import Slots
import Testing
import Trust

/// Certificates of our own making, as the `openssl` program sees them.
@Suite("Making certificates")
struct CertificateMakingTests {
    private let openssl: Openssl
    private let key = CertificateKey()
    private let now: Timestamp

    init() throws {
        openssl = try Openssl()
        now = Timestamp(seconds: Int(Date().timeIntervalSince1970))
    }

    private func authority(from: Timestamp? = nil, days: Int = 30) -> Certificate {
        key.selfSigned(
            commonName: "test CA",
            organisations: [],
            names: [],
            isAuthority: true,
            from: from ?? now,
            days: days
        )
    }

    private func leaf(
        by authority: Certificate,
        isServer: Bool = false,
        from: Timestamp? = nil,
        days: Int = 10,
        names: [String] = []
    ) -> Certificate {
        key.issue(
            for: CertificateKey(),
            by: authority,
            commonName: "alice",
            organisations: ["keelos:admin", "Universit\u{E9}, Nord"],
            names: names,
            isServer: isServer,
            from: from ?? now,
            days: days
        )
    }

    /// Whether `openssl verify` takes the certificate for a purpose.
    private func verifies(
        _ leaf: Certificate,
        _ authority: Certificate,
        _ more: String
    ) throws -> Bool {
        try openssl.write("ca.pem", authority.pem)
        try openssl.write("leaf.pem", leaf.pem)
        return try openssl.run("verify -x509_strict -CAfile ca.pem \(more) leaf.pem") == 0
    }

    @Test("a client's certificate is a client's for openssl, a server's is a server's")
    func purposes() throws {
        let authority = authority()
        let client = leaf(by: authority)
        #expect(try verifies(client, authority, "-purpose sslclient"))
        #expect(try !verifies(client, authority, "-purpose sslserver"))
        let server = leaf(
            by: authority,
            isServer: true,
            names: ["node-1", "192.0.2.7", "2001:db8::7"]
        )
        #expect(try verifies(server, authority, "-purpose sslserver -verify_hostname node-1"))
        #expect(try verifies(server, authority, "-purpose sslserver -verify_ip 192.0.2.7"))
        #expect(try verifies(server, authority, "-purpose sslserver -verify_ip 2001:db8::7"))
        #expect(try !verifies(server, authority, "-verify_hostname node-2"))
        #expect(try !verifies(server, authority, "-purpose sslclient"))
        #expect(client.isSigned(by: authority) && server.isSigned(by: authority))
    }

    @Test("another authority of the same name vouches for nothing")
    func otherAuthority() throws {
        let client = leaf(by: authority())
        let other = CertificateKey().selfSigned(
            commonName: "test CA",
            organisations: [],
            names: [],
            isAuthority: true,
            from: now,
            days: 30
        )
        #expect(!client.isSigned(by: other))
        #expect(try !verifies(client, other, ""))
    }

    @Test("expired and not yet valid are told as openssl tells them")
    func times() throws {
        let authority = authority(from: Timestamp(seconds: now.seconds - 20 * 86400), days: 100)
        let cases: [(from: Int, days: Int, isValid: Bool)] = [
            (-10, 9, false), (-10, 11, true), (-1, 2, true), (1, 5, false),
        ]
        for (from, days, isValid) in cases {
            let start = Timestamp(seconds: now.seconds + from * 86400)
            let made = leaf(by: authority, from: start, days: days)
            #expect(made.isValid(at: now) == isValid)
            #expect(try verifies(made, authority, "-attime \(now.seconds)") == isValid)
            // Time is not the signature's business.
            #expect(made.isSigned(by: authority))
        }
        let edge = leaf(by: authority, from: now, days: 1)
        #expect(edge.isValid(at: edge.notBefore) && edge.isValid(at: edge.notAfter))
        #expect(!edge.isValid(at: Timestamp(seconds: edge.notBefore.seconds - 1)))
        #expect(!edge.isValid(at: Timestamp(seconds: edge.notAfter.seconds + 1)))
    }

    @Test("the names we give are the names we and openssl read")
    func names() throws {
        let made = leaf(by: authority())
        #expect(made.organisations == ["keelos:admin", "Universit\u{E9}, Nord"])
        #expect(made.commonName == "alice")
        try openssl.write("leaf.pem", made.pem)
        let subject = try openssl.output("x509 -in leaf.pem -noout -subject -nameopt RFC2253")
        #expect(subject == "subject=" + made.subject)
        let text = try #require(try openssl.output("x509 -in leaf.pem -noout -text"))
        #expect(text.contains("Version: 3 (0x2)"))
        #expect(text.contains("ecdsa-with-SHA256"))
        #expect(text.contains("NIST CURVE: P-256"))
        #expect(text.contains("TLS Web Client Authentication"))
        #expect(text.contains("CA:FALSE"))
    }

    @Test("an alternative name that is no name is left out, and brings no other with it")
    func oddNames() throws {
        let names = [
            "good", "*.wild", "a,IP:192.0.2.9", "", "two words", "999.1.1.1.1", "uml\u{E4}ut",
        ]
        let made = leaf(by: authority(), isServer: true, names: names)
        try openssl.write("leaf.pem", made.pem)
        let text = try #require(try openssl.output("x509 -in leaf.pem -noout -ext subjectAltName"))
        #expect(text.contains("DNS:good, DNS:*.wild, DNS:999.1.1.1.1"))
        #expect(!text.contains("192.0.2.9") && !text.contains("words") && !text.contains("ut"))
    }

    @Test("a server's self-signed certificate is trusted as it stands and may sign nobody")
    func selfSigned() throws {
        let made = key.selfSigned(
            commonName: "node",
            organisations: ["KeelOS"],
            names: ["node", "127.0.0.1"],
            isAuthority: false,
            from: now,
            days: 3650
        )
        #expect(made.isSelfSigned && made.isSigned(by: made) && !made.isAuthority)
        try openssl.write("leaf.pem", made.pem)
        #expect(try openssl.run("verify -CAfile leaf.pem -verify_ip 127.0.0.1 leaf.pem") == 0)
    }

    @Test("two hundred certificates of the same content differ")
    func serials() throws {
        var seen: Set<Digest> = []
        let authority = authority()
        for _ in 0..<200 { seen.insert(leaf(by: authority).fingerprint) }
        #expect(seen.count == 200)
    }

    @Test("no time and no name is too long to make a certificate of")
    func extremes() throws {
        let made = key.selfSigned(
            commonName: String(repeating: "n", count: 5000),
            organisations: [],
            names: [],
            isAuthority: true,
            from: Timestamp(seconds: -5),
            days: .max
        )
        #expect(made.notBefore == Timestamp(seconds: 0))
        #expect(made.notAfter == Timestamp("9999-12-31T23:59:59Z"))
        #expect(made.commonName?.count == 5000)
    }

    @Test("openssl reads our key, and we read every form openssl writes")
    func keys() throws {
        try openssl.write("ours.key", key.pem)
        #expect(try openssl.run("pkey -in ours.key -out theirs.key") == 0)
        #expect(try openssl.read("theirs.key") == key.pem)
        let authority = authority()
        try openssl.run("ec -in ours.key -out sec1.key")
        #expect(
            try String(decoding: openssl.read("sec1.key"), as: UTF8.self).contains("EC PRIVATE")
        )
        #expect(try CertificateKey(pem: openssl.read("sec1.key")).belongs(to: authority))
        try openssl.run("genrsa -traditional -out pkcs1.key 2048")
        #expect(
            try String(decoding: openssl.read("pkcs1.key"), as: UTF8.self).contains("RSA PRIVATE")
        )
        let rsa = try CertificateKey(pem: openssl.read("pkcs1.key"))
        #expect(!rsa.belongs(to: authority))
        let made = rsa.selfSigned(
            commonName: "rsa",
            organisations: [],
            names: [],
            isAuthority: true,
            from: now,
            days: 1
        )
        #expect(made.isSelfSigned && rsa.belongs(to: made))
    }

    @Test("a key that is encrypted, of another kind or no private key is refused by name")
    func badKeys() throws {
        try openssl.run("genpkey -algorithm ed25519 -out ed.key")
        try openssl.run("genpkey -algorithm ed25519 -aes256 -pass pass:x -out locked.key")
        let other = try openssl.read("ed.key")
        #expect(throws: CertificateError.unsupportedKey(found: "ED25519")) {
            try CertificateKey(pem: other)
        }
        let locked = try openssl.read("locked.key")
        #expect(throws: CertificateError.key(.encrypted)) { try CertificateKey(pem: locked) }
        let certificate = authority().pem
        let wrong = KeyError.wrongLabel(found: "CERTIFICATE", expected: "PRIVATE KEY")
        #expect(throws: CertificateError.key(wrong)) { try CertificateKey(pem: certificate) }
        let twice = key.pem + key.pem
        #expect(throws: CertificateError.key(.severalBlocks)) { try CertificateKey(pem: twice) }
        let junk = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".bytes
        #expect(throws: CertificateError.key(.undecodable)) { try CertificateKey(pem: junk) }
    }
}
