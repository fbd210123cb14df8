import Slots
import Testing
import Trust

@testable import API

/// Certificates as bytes.
@Suite("Certificates")
struct FingerprintTests {
    @Test("SHA-256 has the values of FIPS 180-4")
    func vectors() {
        let expected = [
            "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ]
        for (text, digest) in expected {
            let found = Fingerprint.sha256(Array(text.utf8))
            #expect(Fingerprint.hexadecimal(found) == digest)
        }
    }

    @Test("SHA-256 is OpenSSL's for every length up to three blocks")
    func lengths() {
        for count in 0...200 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let expected = OpenSSLHashing().sha256(bytes.span)
            #expect(Fingerprint.hexadecimal(Fingerprint.sha256(bytes)) == expected.hex)
        }
    }

    @Test("the key found in a certificate is the one that OpenSSL finds")
    func key() {
        let authority = Authority("first")
        let long = (0..<40).map { "node-\($0).example" }
        for certificate in [
            authority.certificate,
            authority.key.selfSigned(
                commonName: "long",
                organisations: long,
                names: long,
                isAuthority: false,
                from: Timestamp(seconds: 0),
                days: 100_000
            ),
        ] {
            let found = Fingerprint.ofKey(inCertificate: certificate.der)
            #expect(found == certificate.publicKeyHash.bytes)
        }
    }

    @Test("what is cut, followed by more or not encoded strictly has no key")
    func strict() throws {
        let der = Authority("first").certificate.der
        for count in 0..<der.count {
            #expect(PublicKeyInfo.find(inCertificate: Array(der.prefix(count))) == nil)
        }
        #expect(PublicKeyInfo.find(inCertificate: der + [0]) == nil)
        // 30 82 LL LL 30 82 LL LL: the certificate, and in it what is signed.
        #expect(der.starts(with: [0x30, 0x82]) && der[4..<6] == [0x30, 0x82])
        let content = Array(der.dropFirst(4))
        let loose: [[UInt8]] = [
            [0x30, 0x80] + content + [0, 0],
            [0x30, 0x83, 0] + der[2..<4] + content,
            [0x30, 0x84, 0, 0] + der[2..<4] + content,
            [0x31] + der.dropFirst(),
        ]
        for bytes in loose { #expect(PublicKeyInfo.find(inCertificate: bytes) == nil) }
        var inner = der
        inner[4] = 0x31
        #expect(PublicKeyInfo.find(inCertificate: inner) == nil)
    }

    @Test("the first certificate of a PEM is the one that OpenSSL reads")
    func pem() throws {
        for _ in 0..<20 {
            let first = Authority("first").certificate
            let second = Authority("second").certificate
            let text = Array("a comment\n".utf8) + first.pem + second.pem
            #expect(PEM.firstCertificate(in: text) == first.der)
        }
    }

    @Test("a PEM that is cut, empty or no base64 has no certificate")
    func cut() {
        let pem = Authority("first").certificate.pem
        #expect(PEM.firstCertificate(in: []) == nil)
        #expect(PEM.firstCertificate(in: Array(pem.dropLast(30))) == nil)
        #expect(PEM.firstCertificate(in: Array(pem.dropFirst(5))) == nil)
        for bad in ["?", "A", "=AAA", "AA=A", "AAAAA"] {
            let text = "-----BEGIN CERTIFICATE-----\n\(bad)\n-----END CERTIFICATE-----\n"
            #expect(PEM.firstCertificate(in: Array(text.utf8)) == nil)
        }
    }
}
