public import Slots

/// An Ed25519 private key: it signs releases and never leaves the build server.
///
/// Usable from any thread.
public final class PrivateKey: Sendable {
    /// The half that may be shown.
    public let publicKey: PublicKey
    private let key: KeyHandle

    /// Makes a new key from the system's random numbers.
    ///
    /// Throws `.unable` when there are none.
    public static func generate() throws(KeyError) -> PrivateKey {
        try PrivateKey(KeyHandle())
    }

    /// Reads a PEM text with one `PRIVATE KEY` block: PKCS#8, as `openssl genpkey` writes it.
    ///
    /// Throws `.encrypted` for a key under a passphrase, `.notEd25519` for another algorithm and
    /// other `KeyError`s for anything else.
    public convenience init(pem: Span<UInt8>) throws(KeyError) {
        let block = try PEMBlock(text: pem)
        guard !block.label.holds("ENCRYPTED") else { throw .encrypted }
        guard block.label == "PRIVATE KEY" else {
            throw .wrongLabel(found: block.label, expected: "PRIVATE KEY")
        }
        let key = try KeyHandle(privateDER: block.bytes.span)
        guard key.isEd25519 else { throw .notEd25519(found: key.algorithm) }
        try self.init(key)
    }

    private init(_ key: KeyHandle) throws(KeyError) {
        self.key = key
        publicKey = try PublicKey(checking: PublicKey.prefix + key.rawPublic())
    }

    /// Signs exactly `message`. 64 bytes; the same message gives the same bytes. RFC 8032.
    public func sign(_ message: Span<UInt8>) throws(KeyError) -> [UInt8] {
        try key.sign(message)
    }

    /// The PEM text that `init(pem:)` and `openssl` read. Secret, and not encrypted.
    public func pem() throws(KeyError) -> [UInt8] {
        try PEMBlock(label: "PRIVATE KEY", bytes: Self.prefix + key.rawPrivate()).text()
    }

    /// What every Ed25519 private key in PKCS#8 begins with; its 32 bytes follow.
    /// RFC 8410, section 7.
    private static let prefix: [UInt8] = [
        0x30, 0x2e,  // SEQUENCE, 46 bytes
        0x02, 0x01, 0x00,  // INTEGER, version 0
        0x30, 0x05,  // SEQUENCE, 5 bytes
        0x06, 0x03, 0x2b, 0x65, 0x70,  // OBJECT IDENTIFIER 1.3.101.112, Ed25519
        0x04, 0x22, 0x04, 0x20,  // OCTET STRING of an OCTET STRING, 32 bytes
    ]
}
