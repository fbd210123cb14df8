public import Slots

/// An X.509 certificate (RFC 5280): who somebody says they are, and who vouches for it.
///
/// Reading one proves nothing: `isSigned(by:)` and `isValid(at:)` do. Two are equal when their
/// bytes are.
public struct Certificate: Sendable, Hashable {
    /// The bytes as they came.
    public let der: [UInt8]

    /// The subject as RFC 2253 writes it, such as `CN=alice,O=keelos:admin`: the last part first,
    /// ASCII, other characters escaped. Fit for logs.
    public let subject: String

    /// The last common name (CN), as Kubernetes takes it for the user's name.
    public let commonName: String?

    /// Every organisation (O), in the order of the certificate.
    public let organisations: [String]

    /// The first second at which it is valid.
    public let notBefore: Timestamp

    /// The last second at which it is valid.
    public let notAfter: Timestamp

    let handle: CertificateHandle

    /// More bytes of DER than this are no certificate for us.
    public static let sizeLimit = 64 * 1024

    /// More bytes of PEM than this are no chain for us.
    public static let chainSizeLimit = 1024 * 1024

    /// More certificates than this are no chain for us.
    public static let chainLimit = 64

    /// Reads one certificate and nothing after it.
    ///
    /// Throws `.tooLarge` beyond `sizeLimit`, and `.undecodable` for anything that is no
    /// certificate or whose names are no text.
    public init(der: [UInt8]) throws(CertificateError) {
        guard der.count <= Self.sizeLimit else {
            throw .tooLarge(size: der.count, limit: Self.sizeLimit)
        }
        guard let handle = CertificateHandle(der: der.span) else { throw .undecodable }
        try self.init(handle, der)
    }

    /// Reads a PEM text of one or more `CERTIFICATE` blocks, in their order; text around them is
    /// passed over.
    ///
    /// Throws `.notPEM` for none or a damaged one, `.wrongLabel` for a block of another kind (a
    /// private key does not belong here), `.tooLarge` and `.tooMany` beyond the limits.
    public static func chain(pem: [UInt8]) throws(CertificateError) -> [Certificate] {
        guard pem.count <= chainSizeLimit else {
            throw .tooLarge(size: pem.count, limit: chainSizeLimit)
        }
        let blocks: [PEMBlock]
        do throws(KeyError) {
            blocks = try PEMBlock.all(in: pem.span, limit: chainSizeLimit, count: chainLimit)
        } catch {
            throw error == .severalBlocks ? .tooMany(limit: chainLimit) : .notPEM
        }
        var chain: [Certificate] = []
        for block in blocks {
            guard block.label == "CERTIFICATE" else {
                throw .wrongLabel(found: block.label, expected: "CERTIFICATE")
            }
            chain.append(try Certificate(der: block.bytes))
        }
        return chain
    }

    /// The facts of a certificate that was just made or decoded.
    init(_ handle: CertificateHandle, _ der: [UInt8]) throws(CertificateError) {
        guard let subject = handle.subject, let commonNames = handle.commonNames,
            let organisations = handle.organisations, let notBefore = handle.notBefore,
            let notAfter = handle.notAfter
        else { throw .undecodable }
        self.der = der
        self.subject = subject
        commonName = commonNames.last
        self.organisations = organisations
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.handle = handle
    }

    /// One PEM block, in lines of 64 characters. RFC 7468.
    public var pem: [UInt8] { PEMText.encode("CERTIFICATE", der) }

    /// SHA-256 of `der`.
    public var fingerprint: Digest { OpenSSLHashing().sha256(der.span) }

    /// SHA-256 of the SubjectPublicKeyInfo: what `kubeadm` calls the CA certificate hash.
    public var publicKeyHash: Digest { OpenSSLHashing().sha256(handle.publicKeyDER.span) }

    /// Whether it says that it may sign others (`basicConstraints`).
    public var isAuthority: Bool { handle.isAuthority }

    /// Whether its own key made its signature.
    public var isSelfSigned: Bool { handle.isSelfSigned }

    /// Whether `moment` lies between `notBefore` and `notAfter`, both included.
    public func isValid(at moment: Timestamp) -> Bool {
        notBefore <= moment && moment <= notAfter
    }

    /// Whether `authority` is its issuer, by name, key identifier and permission to sign, and made
    /// its signature. Says nothing about time, nor about who signed `authority`.
    ///
    /// Of itself: whether it is self-signed, as `openssl verify` takes a certificate that is
    /// trusted as it stands.
    public func isSigned(by authority: Certificate) -> Bool {
        der == authority.der ? isSelfSigned : handle.isSigned(by: authority.handle)
    }

    public static func == (lhs: Self, rhs: Self) -> Bool { lhs.der == rhs.der }

    public func hash(into hasher: inout Hasher) { hasher.combine(der) }
}
