/// Why a certificate, or the key of one, was not accepted.
public enum CertificateError: Error, Sendable, Hashable {
    /// No PEM block at all, or a damaged one.
    case notPEM
    /// A PEM block of another kind: `found` and `expected` are the words after `BEGIN`.
    case wrongLabel(found: String, expected: String)
    /// One certificate has `size` bytes of DER, or a chain that many of text.
    case tooLarge(size: Int, limit: Int)
    /// A chain of more than `limit` certificates.
    case tooMany(limit: Int)
    /// The bytes are no certificate, go on after it, or name somebody in no known alphabet.
    case undecodable
    /// The private key was not accepted.
    case key(KeyError)
    /// A private key of another algorithm than EC and RSA. `found` is libcrypto's name for it.
    case unsupportedKey(found: String)
    /// The private key is not the certificate's.
    case otherKey
}
