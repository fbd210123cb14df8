import CCrypto

extension KeyHandle {
    /// A new EC key on the curve P-256. C function: `EVP_PKEY_generate(3)`.
    static func p256() throws(KeyError) -> KeyHandle {
        // Sound: the name is a literal; the context is freed when this function ends.
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "EC", nil)
        // Sound: frees nil or the context of the line above.
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        // Sound: a nil context fails the first call; on success `made` is a key of ours.
        guard unsafe EVP_PKEY_keygen_init(context) == 1,
            unsafe EVP_PKEY_CTX_set_group_name(context, "P-256") == 1,
            unsafe EVP_PKEY_generate(context, &made) == 1,
            let made = unsafe made
        else { throw .unable(reason: libcryptoReason()) }
        // Sound: the key is ours, and the new object frees it.
        return unsafe KeyHandle(owning: made)
    }

    /// Any unencrypted private key, in PKCS#8 or in its algorithm's own form, and nothing after
    /// it. C function: `d2i_AutoPrivateKey(3)`.
    convenience init(anyPrivateDER der: Span<UInt8>) throws(KeyError) {
        // Sound: libcrypto reads inside the span and keeps no pointer to it; of `cursor` only
        // the distance from the start is used.
        let (made, used) = unsafe der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            let made = unsafe d2i_AutoPrivateKey(nil, &cursor, bytes.count)
            guard let start = bytes.baseAddress, let cursor = unsafe cursor else {
                return unsafe (made, 0)
            }
            // Sound: both point into the span or to its end.
            return unsafe (made, cursor - start)
        }
        ERR_clear_error()
        // Sound: compared with nil; then the new object owns it.
        guard let made = unsafe made else { throw .undecodable }
        unsafe self.init(owning: made)
        guard used == der.count else { throw .undecodable }
    }

    /// The private key in PKCS#8. C function: `EVP_PKEY2PKCS8(3)`.
    var privateDER: [UInt8] {
        // Sound: the handle is alive; the wrapper is ours, freed when this function ends.
        let wrapper = unsafe EVP_PKEY2PKCS8(handle)
        defer {
            // Sound: nil or ours, used no more.
            unsafe PKCS8_PRIV_KEY_INFO_free(wrapper)
            ERR_clear_error()
        }
        var made: UnsafeMutablePointer<UInt8>?
        // Sound: with a nil pointer the function allocates, and the buffer is ours.
        let count = unsafe i2d_PKCS8_PRIV_KEY_INFO(wrapper, &made)
        precondition(count > 0, "a private key can be encoded")
        // Sound: the buffer has `count` bytes, copied before it is wiped and freed.
        defer { unsafe CRYPTO_clear_free(made, Int(count), "", 0) }
        return unsafe [UInt8](UnsafeBufferPointer(start: made, count: Int(count)))
    }
}
