import API
import Slots
import Testing
import Trust

/// Certificates for the tests, made by `Trust`.
struct Authority: Sendable {
    let key = CertificateKey()
    let certificate: Certificate

    init(_ name: String) {
        certificate = key.selfSigned(
            commonName: name,
            organisations: [],
            names: [],
            isAuthority: true,
            from: Self.now(-3600),
            days: 30
        )
    }

    /// A client's certificate, good from `start` seconds from now for `days`.
    func client(_ name: String, from start: Int = -3600, days: Int = 10) -> ClientCredentials {
        let key = CertificateKey()
        let certificate = self.key.issue(
            for: key,
            by: self.certificate,
            commonName: name,
            organisations: ["keelos:admin"],
            names: [],
            isServer: false,
            from: Self.now(start),
            days: days
        )
        return ClientCredentials(certificate: certificate.pem, key: key.pem)
    }

    func server(_ names: [String], clients: Authority?) -> ServerIdentity {
        let key = CertificateKey()
        let certificate = self.key.issue(
            for: key,
            by: self.certificate,
            commonName: "node",
            organisations: [],
            names: names,
            isServer: true,
            from: Self.now(-3600),
            days: 10
        )
        return ServerIdentity(
            certificate: certificate.pem,
            key: key.pem,
            clientCA: clients?.certificate.pem
        )
    }

    /// A certificate that nobody signed, with its key.
    static func selfSigned(clients: Authority? = nil) -> ServerIdentity {
        let key = CertificateKey()
        let certificate = key.selfSigned(
            commonName: "node",
            organisations: [],
            names: ["localhost"],
            isAuthority: false,
            from: now(-3600),
            days: 10
        )
        return ServerIdentity(
            certificate: certificate.pem,
            key: key.pem,
            clientCA: clients?.certificate.pem
        )
    }

    /// Another certificate over the same key, as a node makes one before the old one expires.
    static func renewed(_ identity: ServerIdentity) throws -> ServerIdentity {
        let certificate = try CertificateKey(pem: identity.key).selfSigned(
            commonName: "node renewed",
            organisations: [],
            names: ["node-1.example", "192.0.2.7"],
            isAuthority: false,
            from: now(-60),
            days: 400
        )
        var identity = identity
        identity.certificate = certificate.pem
        return identity
    }

    private static func now(_ offset: Int) -> Timestamp {
        Timestamp(seconds: WallClock.seconds() + offset)
    }
}

extension ServerIdentity {
    /// SHA-256 of the leaf's public key, by OpenSSL.
    var fingerprint: [UInt8] {
        get throws {
            let leaf = try #require(try Certificate.chain(pem: certificate).first)
            return try #require([UInt8](hex: "\(leaf.publicKeyHash)"))
        }
    }
}
