import CCrypto

/// Random bytes that nobody can guess.
public enum RandomBytes {
    /// Makes `count` bytes. C function: `RAND_bytes(3)`.
    ///
    /// Throws `.unable` when the system has no random numbers to give.
    ///
    /// - Precondition: `count` is 0...65536.
    public static func make(_ count: Int) throws(KeyError) -> [UInt8] {
        precondition((0...65536).contains(count), "few random bytes are asked for")
        var bytes = [UInt8](repeating: 0, count: count)
        // Sound: libcrypto writes exactly `count` bytes.
        guard unsafe RAND_bytes(&bytes, Int32(count)) == 1 else {
            throw .unable(reason: libcryptoReason())
        }
        return bytes
    }
}
