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
