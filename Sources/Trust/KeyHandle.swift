import CCrypto

/// A libcrypto key, private or public.
///
/// Immutable once made, and libcrypto's signing functions only read it: hence `@unchecked`.
@safe
final class KeyHandle: @unchecked Sendable {
    // EVP_PKEY*
    let handle: OpaquePointer

    /// Takes over a key that nobody else frees.
    init(owning handle: OpaquePointer) {
        // Sound: the caller gave its one reference away.
        unsafe self.handle = handle
    }

    /// A new Ed25519 key from the system's random numbers. C function: `EVP_PKEY_generate(3)`.
    init() throws(KeyError) {
        // Sound: the name is a literal; the context is freed when this function ends.
        let context = unsafe EVP_PKEY_CTX_new_from_name(nil, "ED25519", nil)
        // Sound: frees nil or the context of the line above.
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        // Sound: a nil context fails the first call; on success `made` is a key of ours.
        guard unsafe EVP_PKEY_keygen_init(context) == 1,
            unsafe EVP_PKEY_generate(context, &made) == 1,
            let made = unsafe made
        else { throw .unable(reason: libcryptoReason()) }
        // Sound: this object owns it from here on.
        unsafe handle = made
    }

    /// Any public key in SubjectPublicKeyInfo, and nothing after it. C function: `d2i_PUBKEY(3)`.
    init(publicDER der: Span<UInt8>) throws(KeyError) {
        // Sound: libcrypto reads inside the span and keeps no pointer to it; `used` says how far.
        let (made, used) = unsafe der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            let made = unsafe d2i_PUBKEY(nil, &cursor, bytes.count)
            // Sound: addresses are subtracted, nothing is read.
            return unsafe (made, bytes.distance(to: cursor))
        }
        ERR_clear_error()
        // Sound: compared with nil; then this object owns it.
        guard let made = unsafe made else { throw .undecodable }
        unsafe handle = made
        guard used == der.count else { throw .undecodable }
    }

    /// Any unencrypted private key in PKCS#8, and nothing after it.
    /// C functions: `d2i_PKCS8_PRIV_KEY_INFO(3)`, `EVP_PKCS82PKEY(3)`.
    init(privateDER der: Span<UInt8>) throws(KeyError) {
        // Sound: as above; the decoded wrapper is freed once the key was taken out of it.
        let (made, used) = unsafe der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            let wrapper = unsafe d2i_PKCS8_PRIV_KEY_INFO(nil, &cursor, bytes.count)
            // Sound: nil or ours; freed once, after the key was taken out of it.
            defer { unsafe PKCS8_PRIV_KEY_INFO_free(wrapper) }
            let made = unsafe wrapper.flatMap { unsafe EVP_PKCS82PKEY($0) }
            // Sound: addresses are subtracted, nothing is read.
            return unsafe (made, bytes.distance(to: cursor))
        }
        ERR_clear_error()
        // Sound: compared with nil; then this object owns it.
        guard let made = unsafe made else { throw .undecodable }
        unsafe handle = made
        guard used == der.count else { throw .undecodable }
    }

    deinit {
        // Sound: this object owns the one reference it was made with.
        unsafe EVP_PKEY_free(handle)
    }

    var isEd25519: Bool {
        // Sound: the handle is alive, the name a literal.
        unsafe EVP_PKEY_is_a(handle, "ED25519") == 1
    }

    /// libcrypto's name of the algorithm, such as `ED25519` or `RSA`.
    var algorithm: String {
        // Sound: the name is NUL-terminated and lives as long as the key.
        unsafe EVP_PKEY_get0_type_name(handle).map { unsafe String(cString: $0) } ?? "unnamed"
    }

    /// The 32 raw bytes of an Ed25519 key's public half.
    func rawPublic() throws(KeyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        // Sound: libcrypto writes at most `count` bytes and says how many.
        let done = unsafe EVP_PKEY_get_raw_public_key(handle, &bytes, &count)
        guard done == 1, count == bytes.count else { throw .unable(reason: libcryptoReason()) }
        return bytes
    }

    /// The 32 raw bytes of an Ed25519 key's private half.
    func rawPrivate() throws(KeyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        // Sound: libcrypto writes at most `count` bytes and says how many.
        let done = unsafe EVP_PKEY_get_raw_private_key(handle, &bytes, &count)
        guard done == 1, count == bytes.count else { throw .unable(reason: libcryptoReason()) }
        return bytes
    }

    /// A 64-byte Ed25519 signature of exactly `message`. C function: `EVP_DigestSign(3)`.
    func sign(_ message: Span<UInt8>) throws(KeyError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        // Sound: the context is freed when this function ends.
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        // Sound: a nil context fails the first call; Ed25519 takes no digest, hence the nils.
        guard unsafe EVP_DigestSignInit_ex(context, nil, nil, nil, nil, handle, nil) == 1 else {
            throw .unable(reason: libcryptoReason())
        }
        // Sound: libcrypto reads `message` and writes at most `count` bytes during the call.
        let done = unsafe message.withUnsafeBufferPointer { bytes in
            unsafe EVP_DigestSign(context, &signature, &count, bytes.baseAddress, bytes.count)
        }
        guard done == 1, count == signature.count else {
            throw .unable(reason: libcryptoReason())
        }
        return signature
    }

    /// True only for `EVP_DigestVerify(3)`'s 1: 0 is a wrong signature, less is an error.
    func isValid(_ signature: Span<UInt8>, of message: Span<UInt8>) -> Bool {
        // Sound: the context is freed when this function ends.
        let context = unsafe EVP_MD_CTX_new()
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        // Sound: a nil context fails the first call; Ed25519 takes no digest, hence the nils.
        guard unsafe EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, handle, nil) == 1 else {
            return false
        }
        // Sound: libcrypto only reads both buffers, during the call.
        return unsafe signature.withUnsafeBufferPointer { proof in
            unsafe message.withUnsafeBufferPointer { bytes in
                unsafe EVP_DigestVerify(
                    context,
                    proof.baseAddress,
                    proof.count,
                    bytes.baseAddress,
                    bytes.count
                ) == 1
            }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// How many of these bytes lie before `cursor`.
    fileprivate func distance(to cursor: UnsafePointer<UInt8>?) -> Int {
        // Sound: only addresses are subtracted, nothing is read.
        guard let start = baseAddress, let cursor = unsafe cursor else { return 0 }
        return unsafe cursor - start
    }
}

/// libcrypto's words for what failed last on this thread; forgets them.
func libcryptoReason() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    // Sound: the text is a constant of libcrypto's, or nil.
    return unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) } ?? "unknown"
}
