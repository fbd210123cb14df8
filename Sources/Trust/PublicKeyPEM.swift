public import Slots

extension PublicKey {
    /// What every Ed25519 SubjectPublicKeyInfo begins with; its 32 bytes follow.
    /// RFC 8410, section 4.
    static let prefix: [UInt8] = [
        0x30, 0x2a,  // SEQUENCE, 42 bytes
        0x30, 0x05,  // SEQUENCE, 5 bytes
        0x06, 0x03, 0x2b, 0x65, 0x70,  // OBJECT IDENTIFIER 1.3.101.112, Ed25519
        0x03, 0x21, 0x00,  // BIT STRING, 33 bytes, no unused bits
    ]

    /// Reads a PEM text with one `PUBLIC KEY` block, as `openssl pkey -pubout` writes it.
    ///
    /// Throws `KeyError` for anything else, and for a key that is not Ed25519.
    public init(pem: Span<UInt8>) throws(KeyError) {
        let block = try PEMBlock(text: pem)
        guard block.label == "PUBLIC KEY" else {
            throw .wrongLabel(found: block.label, expected: "PUBLIC KEY")
        }
        try self.init(checking: block.bytes)
    }

    /// Takes 44 bytes of DER, as a manifest lists them, and computes their id.
    ///
    /// Throws `.notEd25519` for another algorithm's key and `.undecodable` for anything else.
    public init(checking der: [UInt8]) throws(KeyError) {
        let key = try KeyHandle(publicDER: der.span)
        guard key.isEd25519 else { throw .notEd25519(found: key.algorithm) }
        // Another spelling of the same key would have another id.
        guard der.count == Self.byteCount, der.starts(with: Self.prefix) else {
            throw .undecodable
        }
        self.init(der: der, id: OpenSSLHashing().sha256(der.span))
    }

    /// The PEM text that `init(pem:)` and `openssl` read.
    public func pem() throws(KeyError) -> [UInt8] {
        try PEMBlock(label: "PUBLIC KEY", bytes: der).text()
    }
}
