import Slots
import Trust

/// Certificates that may sign others, checked.
struct Authorities: Sendable, Hashable {
    let certificates: [Certificate]

    /// Reads PEM.
    ///
    /// Throws `.authority` for what is no chain, `.notAnAuthority` when one of them may not sign,
    /// and `.notYetValid` or `.expired` when none of them is valid now. (A bundle that holds an old
    /// and a new CA is fine as long as one of them is.)
    init(pem: [UInt8], now: Timestamp) throws(BootstrapError) {
        let certificates: [Certificate]
        do throws(CertificateError) { certificates = try Certificate.chain(pem: pem) } catch {
            throw .authority(error)
        }
        try self.init(certificates, now: now)
    }

    /// - Precondition: there is at least one.
    init(_ certificates: [Certificate], now: Timestamp) throws(BootstrapError) {
        for certificate in certificates where !certificate.isAuthority {
            throw .notAnAuthority(subject: certificate.subject)
        }
        if !certificates.contains(where: { $0.isValid(at: now) }), let first = certificates.first {
            let what = BootstrapError.Certified.authority(subject: first.subject)
            throw now < first.notBefore
                ? .notYetValid(what, from: first.notBefore, now: now)
                : .expired(what, since: first.notAfter, now: now)
        }
        self.certificates = certificates
    }

    /// Without the text that stood around them.
    var pem: [UInt8] { certificates.flatMap(\.pem) }

    /// SHA-256 of each one's public key.
    var fingerprints: [String] { certificates.map(\.publicKeyHash.hex) }
}
