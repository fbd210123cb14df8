import Slots
import Testing
import Trust

/// What is no certificate, no chain, no key.
@Suite("Malformed certificates")
struct CertificateFormTests {
    private let certificate = CertificateKey().selfSigned(
        commonName: "form",
        organisations: [],
        names: [],
        isAuthority: true,
        from: Timestamp(seconds: 1_700_000_000),
        days: 10
    )

    @Test("DER that is cut anywhere, goes on, or is empty is no certificate")
    func der() {
        for count in 0..<certificate.der.count {
            let cut = Array(certificate.der[..<count])
            #expect(throws: CertificateError.undecodable) { try Certificate(der: cut) }
        }
        let long = certificate.der + [0]
        #expect(throws: CertificateError.undecodable) { try Certificate(der: long) }
    }

    @Test("random damage is refused or read, and never more than that", arguments: 1...20)
    func fuzz(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<500 {
            var der = certificate.der
            for _ in 0...next(6) { der[next(der.count)] = UInt8(next(256)) }
            if next(3) == 0 { der.removeLast(next(der.count)) }
            var pem = certificate.pem
            for _ in 0...next(6) { pem[next(pem.count)] = UInt8(next(256)) }
            _ = (try? Certificate(der: der))?.isSigned(by: certificate)
            _ = try? Certificate.chain(pem: pem)
            _ = try? CertificateKey(pem: pem)
        }
    }

    @Test(
        "text without a whole block is no PEM",
        arguments: [
            "", "hello", "\u{0}",
            "-----BEGIN CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
            "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END PUBLIC KEY-----\n",
        ]
    )
    func notPEM(text: String) {
        #expect(throws: CertificateError.notPEM) { try Certificate.chain(pem: text.bytes) }
        #expect(throws: CertificateError.key(.notPEM)) { try CertificateKey(pem: text.bytes) }
    }

    @Test("a damaged block after a good one refuses the whole chain")
    func damagedTail() throws {
        let tail = "-----BEGIN CERTIFICATE-----\nAAAA\n".bytes
        let pem = certificate.pem
        #expect(throws: CertificateError.notPEM) { try Certificate.chain(pem: pem + tail) }
        let around = "CA of the cluster\n".bytes + pem + "\n# end\n".bytes
        #expect(try Certificate.chain(pem: around) == [certificate])
    }

    @Test("a block of another kind refuses the chain, whatever stands beside it")
    func wrongLabel() throws {
        let key = CertificateKey().pem
        let pem = certificate.pem
        let expected = CertificateError.wrongLabel(found: "PRIVATE KEY", expected: "CERTIFICATE")
        #expect(throws: expected) { try Certificate.chain(pem: pem + key) }
        #expect(throws: expected) { try Certificate.chain(pem: key) }
        let block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".bytes
        #expect(throws: CertificateError.undecodable) { try Certificate.chain(pem: block) }
    }

    @Test("64 certificates are a chain, 65 are not, and neither is a megabyte")
    func limits() throws {
        let pem = certificate.pem
        let most = Array(repeatElement(pem, count: 64).joined())
        #expect(try Certificate.chain(pem: most).count == 64)
        #expect(throws: CertificateError.tooMany(limit: 64)) {
            try Certificate.chain(pem: most + pem)
        }
        let limit = Certificate.chainSizeLimit
        let long = pem + [UInt8](repeating: 10, count: limit)
        #expect(throws: CertificateError.tooLarge(size: long.count, limit: limit)) {
            try Certificate.chain(pem: long)
        }
    }

    @Test("a certificate of more than 64 KiB is not looked at")
    func tooLarge() throws {
        let names = (0..<3000).map { "node-\($0).example.org" }
        let key = CertificateKey()
        // Made by hand: our own maker reads back what it made, through the same door.
        let openssl = try Openssl()
        try openssl.write("big.key", key.pem)
        let list = "subjectAltName=" + names.map { "DNS:\($0)" }.joined(separator: ",")
        let made = try openssl.run(
            "req -x509 -key big.key -subj /CN=big -addext \(list) -out big.pem"
        )
        #expect(made == 0)
        let pem = try openssl.read("big.pem")
        let error = #expect(throws: CertificateError.self) { try Certificate.chain(pem: pem) }
        guard case .tooLarge(let size, limit: Certificate.sizeLimit) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(size > Certificate.sizeLimit)
    }

    @Test("a name whose text is no UTF-8 is no name")
    func badText() throws {
        let named = CertificateKey().selfSigned(
            commonName: "caf\u{E9}",
            organisations: [],
            names: [],
            isAuthority: true,
            from: Timestamp(seconds: 1_700_000_000),
            days: 10
        )
        var der = named.der
        let start = try #require(der.firstRange(of: "caf\u{E9}".bytes)).lowerBound
        der[start + 4] = 0x20  // the second byte of the letter
        #expect(throws: CertificateError.undecodable) { try Certificate(der: der) }
    }

    @Test("a NUL in an organisation stays in it, so that no role is cut out of it")
    func hiddenText() throws {
        let made = CertificateKey().selfSigned(
            commonName: "n",
            organisations: ["keelos:admin\u{0}x"],
            names: [],
            isAuthority: true,
            from: Timestamp(seconds: 1_700_000_000),
            days: 10
        )
        #expect(made.organisations == ["keelos:admin\u{0}x"])
        #expect(made.subject == "CN=n,O=keelos:admin\\00x")
    }
}
