import CCrypto
import Slots

/// HMAC with SHA-256 (RFC 2104), and a comparison that takes the same time whatever differs.
public enum MessageCode {
    /// 32 bytes. C function: `EVP_Q_mac(3)`.
    ///
    /// - Precondition: libcrypto offers HMAC and SHA-256 (its default provider is built in).
    static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Digest.byteCount)
        var count = 0
        // An empty key is a key: libcrypto takes NULL for "no key".
        let room = key.isEmpty ? [0] : key
        // Sound: the names are literals; libcrypto reads both arrays to their counts and writes
        // at most `code.count` bytes.
        let made = unsafe EVP_Q_mac(
            nil,
            "HMAC",
            nil,
            "SHA256",
            nil,
            room,
            key.count,
            message,
            message.count,
            &code,
            code.count,
            &count
        )
        // Sound: compared with nil only.
        precondition(unsafe made != nil && count == code.count, "libcrypto offers HMAC")
        ERR_clear_error()
        return code
    }

    /// Whether two secrets are the same, without telling by the time how much of them is, nor
    /// how long they are. C function: `CRYPTO_memcmp(3)` of their digests.
    public static func isEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        let hashing = OpenSSLHashing()
        let left = hashing.sha256(one.span).bytes
        let right = hashing.sha256(other.span).bytes
        // Sound: both have 32 bytes.
        return unsafe CRYPTO_memcmp(left, right, Digest.byteCount) == 0
    }
}
