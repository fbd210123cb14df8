public import Slots

/// Ed25519 by libcrypto: the message is signed as it is, not hashed before.
///
/// Source: RFC 8032, section 5.1.7.
public struct Ed25519Checker: SignatureChecking {
    public init() {}

    /// True only when `signature` is `key`'s over exactly `message`.
    ///
    /// False for anything else: a signature that is not 64 bytes, a key that is not Ed25519's.
    public func isValid(
        _ signature: Span<UInt8>,
        of message: Span<UInt8>,
        by key: PublicKey
    ) -> Bool {
        guard signature.count == 64 else { return false }
        guard key.der.count == PublicKey.byteCount, key.der.starts(with: PublicKey.prefix) else {
            return false
        }
        do throws(KeyError) {
            return try KeyHandle(publicDER: key.der.span).isValid(signature, of: message)
        } catch {
            return false
        }
    }
}
