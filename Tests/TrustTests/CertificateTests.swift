import Slots
import Testing
import Trust

/// Certificates that the `openssl` program made.
@Suite("Reading certificates")
struct CertificateTests {
    private let openssl: Openssl

    init() throws { openssl = try Openssl() }

    /// A self-signed certificate with this subject, as `openssl req` takes it.
    private func certificate(_ subject: String, _ options: [String] = []) throws -> [UInt8] {
        let made = try openssl.output(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", "c.key", "-out", "c.pem", "-utf8", "-multivalue-rdn", "-subj", subject,
            ] + options
        )
        try #require(made != nil, "openssl makes \(subject)")
        return try openssl.read("c.pem")
    }

    private func printed(_ what: String) throws -> String {
        let text = try #require(
            try openssl.output("x509 -in c.pem -noout -nameopt RFC2253 \(what)")
        )
        return String(text.drop { $0 != "=" }.dropFirst())
    }

    @Test(
        "the subject is written as openssl writes it by RFC 2253",
        arguments: [
            "/O=keelos:admin/CN=alice",
            "/O=one/O=two/O=three/CN=several",
            "/CN=Zo\u{EB} \u{4E2D}\u{6587} \u{1F600}/O=Universit\u{E9}",
            "/CN=comma\\, plus\\+ quote\" angle<> semi; hash# back\\\\slash",
            "/CN=#leading/O= blank at both ends ",
            "/CN=a\\/b/OU=x+O=y",
            "/C=DE/ST=NRW/L=K\u{F6}ln/O=O/OU=U/CN=n/emailAddress=n@example.org",
        ]
    )
    func subject(subject: String) throws {
        let pem = try certificate(subject)
        let found = try #require(try Certificate.chain(pem: pem).first)
        #expect(try found.subject == printed("-subject"))
        #expect(found.subject.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test("organisations come all and in order, the last common name counts")
    func names() throws {
        let pem = try certificate("/CN=first/O=keelos:reader/O=Universit\u{E9}/O=a, b/CN=second")
        let found = try #require(try Certificate.chain(pem: pem).first)
        #expect(found.organisations == ["keelos:reader", "Universit\u{E9}", "a, b"])
        #expect(found.commonName == "second")
    }

    @Test("a subject without names has none")
    func noNames() throws {
        let found = try #require(try Certificate.chain(pem: certificate("/")).first)
        #expect(found.subject.isEmpty)
        #expect(found.commonName == nil)
        #expect(found.organisations.isEmpty)
    }

    @Test("fingerprint, key hash, dates and bytes are those openssl finds")
    func facts() throws {
        let pem = try certificate("/CN=facts", ["-days", "20000"])
        let found = try #require(try Certificate.chain(pem: pem).first)
        let print = try printed("-fingerprint -sha256").filter { $0 != ":" }.lowercased()
        #expect(found.fingerprint.hex == print)
        try openssl.run("x509 -in c.pem -noout -pubkey -out c.pub")
        try openssl.run("pkey -pubin -in c.pub -outform DER -out key.der")
        try openssl.run("dgst -sha256 -binary -out key.hash key.der")
        #expect(try openssl.read("key.hash") == found.publicKeyHash.bytes)
        try openssl.run("x509 -in c.pem -outform DER -out c.der")
        #expect(try openssl.read("c.der") == found.der)
        #expect(found.pem == pem)
        let dates = try #require(
            try openssl.output("x509 -in c.pem -noout -dates -dateopt iso_8601")
        )
        #expect(dates.contains("notBefore=" + spaced(found.notBefore)))
        // Twenty thousand days on the year is beyond 2049 and written in another form.
        #expect(dates.contains("notAfter=" + spaced(found.notAfter)))
        #expect(found.notAfter.seconds - found.notBefore.seconds == 20000 * 86400)
    }

    private func spaced(_ moment: Timestamp) -> String {
        moment.description.replacing("T", with: " ")
    }

    @Test("self-signed is told from signed by another of the same name")
    func selfSigned() throws {
        let one = try #require(try Certificate.chain(pem: certificate("/CN=same")).first)
        let other = try #require(try Certificate.chain(pem: certificate("/CN=same")).first)
        #expect(one.isSelfSigned && one.isSigned(by: one))
        #expect(!one.isSigned(by: other) && !other.isSigned(by: one))
        #expect(one.isAuthority)
    }

    @Test("every RSA and EC chain that openssl verifies is signed, every other is not")
    func chains() throws {
        for (name, key) in [("ec", "ec -pkeyopt ec_paramgen_curve:P-384"), ("rsa", "rsa:2048")] {
            let new = "req -x509 -newkey \(key) -nodes -days 9"
            try openssl.run("\(new) -subj /CN=ca -keyout \(name)ca.key -out \(name)ca.pem")
            let signed = "-CA \(name)ca.pem -CAkey \(name)ca.key"
            let leaf = "-addext basicConstraints=critical,CA:FALSE"
            try openssl.run("\(new) -subj /CN=l -keyout l.key -out \(name)l.pem \(leaf) \(signed)")
        }
        var results: [Bool] = []
        for authority in ["ec", "rsa"] {
            for leaf in ["ec", "rsa"] {
                let verified =
                    try openssl.run("verify -CAfile \(authority)ca.pem \(leaf)l.pem") == 0
                let ca = try #require(
                    try Certificate.chain(pem: openssl.read("\(authority)ca.pem")).first
                )
                let one = try #require(
                    try Certificate.chain(pem: openssl.read("\(leaf)l.pem")).first
                )
                #expect(one.isSigned(by: ca) == verified)
                #expect(!ca.isSigned(by: one) && !one.isAuthority && !one.isSelfSigned)
                results.append(verified)
            }
        }
        #expect(results == [true, false, false, true])
    }

    @Test("a certificate that may not sign signs nobody, though its key did")
    func notAnAuthority() throws {
        let leaf = "-addext basicConstraints=critical,CA:FALSE -addext keyUsage=digitalSignature"
        let new = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9"
        try openssl.run("\(new) -subj /CN=no -keyout no.key -out no.pem \(leaf)")
        try openssl.run("\(new) -subj /CN=l -keyout l.key -out l.pem -CA no.pem -CAkey no.key")
        let signer = try #require(try Certificate.chain(pem: openssl.read("no.pem")).first)
        let signed = try #require(try Certificate.chain(pem: openssl.read("l.pem")).first)
        #expect(!signer.isAuthority)
        #expect(!signed.isSigned(by: signer))
    }

    @Test("changing any byte of a certificate breaks its signature or its form")
    func tampered() throws {
        let found = try #require(
            try Certificate.chain(pem: certificate("/CN=x/O=keelos:admin")).first
        )
        for index in found.der.indices {
            var der = found.der
            der[index] ^= 1
            guard let other = try? Certificate(der: der) else { continue }
            #expect(!other.isSigned(by: found), "byte \(index)")
            #expect(other != found)
        }
    }
}
