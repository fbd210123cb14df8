public import Slots

/// The private key of a certificate: a server's, a client's or an authority's.
///
/// New ones are EC P-256, which every TLS of the last ten years speaks. Usable from any thread.
public struct CertificateKey: Sendable {
    let key: KeyHandle

    /// Makes a new EC P-256 key.
    ///
    /// - Precondition: the system has random numbers.
    public init() {
        do throws(KeyError) { key = try KeyHandle.p256() } catch {
            preconditionFailure("the system has random numbers")
        }
    }

    /// Reads a PEM text with one private key, EC or RSA: `PRIVATE KEY` (PKCS#8), `EC PRIVATE KEY`
    /// (RFC 5915) or `RSA PRIVATE KEY` (PKCS#1), as `kubeadm` and `openssl` write them.
    ///
    /// Throws `.key(.encrypted)` for a key under a passphrase, `.unsupportedKey` for another
    /// algorithm, `.wrongLabel` for another block, and `.key` for anything else.
    public init(pem: [UInt8]) throws(CertificateError) {
        do throws(KeyError) {
            let block = try PEMBlock(text: pem.span)
            guard !block.label.holds("ENCRYPTED") else { throw .encrypted }
            guard Self.labels.contains(block.label) else {
                throw .wrongLabel(found: block.label, expected: "PRIVATE KEY")
            }
            key = try KeyHandle(anyPrivateDER: block.bytes.span)
        } catch {
            throw .key(error)
        }
        guard ["EC", "RSA"].contains(key.algorithm) else {
            throw .unsupportedKey(found: key.algorithm)
        }
    }

    /// The PEM text that `init(pem:)` and `openssl` read: PKCS#8. Secret, and not encrypted.
    public var pem: [UInt8] { PEMText.encode("PRIVATE KEY", key.privateDER) }

    /// Whether it is the private half of the certificate's key.
    public func belongs(to certificate: Certificate) -> Bool {
        certificate.handle.belongs(to: key)
    }

    /// Makes a certificate that vouches for itself: an authority's, or a server's that is known by
    /// its fingerprint.
    ///
    /// *Shape*: version 3, a random serial number, SHA-256. `names` are DNS names and IP addresses;
    /// what is neither is left out. Time ends at the end of the year 9999 at the latest.
    ///
    /// - Precondition: `days` is positive.
    public func selfSigned(
        commonName: String,
        organisations: [String],
        names: [String],
        isAuthority: Bool,
        from: Timestamp,
        days: Int
    ) -> Certificate {
        CertificateDraft(
            commonName: commonName,
            organisations: organisations,
            names: names,
            purpose: isAuthority ? .authority : .server,
            from: from,
            days: days
        ).signed(subject: key, issuer: nil, by: key)
    }

    /// Makes a certificate for `key`, signed by `authority`, whose private key this is.
    ///
    /// *Shape*: as `selfSigned`; for a server when `isServer`, else for a client.
    ///
    /// - Precondition: `days` is positive, and this key belongs to `authority`.
    public func issue(
        for key: CertificateKey,
        by authority: Certificate,
        commonName: String,
        organisations: [String],
        names: [String],
        isServer: Bool,
        from: Timestamp,
        days: Int
    ) -> Certificate {
        precondition(belongs(to: authority), "an authority signs with its own key")
        return CertificateDraft(
            commonName: commonName,
            organisations: organisations,
            names: names,
            purpose: isServer ? .server : .client,
            from: from,
            days: days
        ).signed(subject: key.key, issuer: authority.handle, by: self.key)
    }

    private static let labels: Set = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"]
}
