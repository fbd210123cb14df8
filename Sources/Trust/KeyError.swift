/// Why a key was not accepted, made or used.
public enum KeyError: Error, Sendable, Hashable {
    /// No PEM block at all.
    case notPEM
    /// A PEM block of another kind: `found` and `expected` are the words after `BEGIN`.
    case wrongLabel(found: String, expected: String)
    /// More than one PEM block where one key belongs.
    case severalBlocks
    /// The private key is protected by a passphrase, which these programs never ask for.
    case encrypted
    /// A key of another algorithm. `found` is libcrypto's name for it, such as `RSA`.
    case notEd25519(found: String)
    /// The block holds no key that can be decoded, or more than one.
    case undecodable
    /// libcrypto could not do it: `reason` is its own words.
    case unable(reason: String)
}
