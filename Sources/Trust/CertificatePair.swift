/// A certificate chain and its private key in one PEM text, as the kubelet keeps its own.
///
/// Source: client-go's `util/certificate`, `fileStore`: certificates first, then the key.
public struct CertificatePair: Sendable {
    /// Its own certificate first.
    public let chain: [Certificate]
    public let key: CertificateKey

    /// Reads one or more `CERTIFICATE` blocks and one key, in any order.
    ///
    /// Throws what `Certificate.chain(pem:)` and `CertificateKey.init(pem:)` throw, `.notPEM` also
    /// without a certificate, `.key(.notPEM)` unless there is one key, and `.otherKey`.
    public init(pem: [UInt8]) throws(CertificateError) {
        let blocks: [PEMBlock]
        do throws(KeyError) {
            blocks = try PEMBlock.all(
                in: pem.span,
                limit: Certificate.chainSizeLimit,
                count: Certificate.chainLimit
            )
        } catch {
            throw .notPEM
        }
        let keys = blocks.filter { $0.label != "CERTIFICATE" }
        guard keys.count == 1, let found = keys.first else { throw .key(.notPEM) }
        key = try CertificateKey(pem: PEMText.encode(found.label, found.bytes))
        var chain: [Certificate] = []
        for block in blocks where block.label == "CERTIFICATE" {
            chain.append(try Certificate(der: block.bytes))
        }
        guard let leaf = chain.first else { throw .notPEM }
        guard key.belongs(to: leaf) else { throw .otherKey }
        self.chain = chain
    }
}
