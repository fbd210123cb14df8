import CCrypto

/// Whether somebody vouches for the certificate that a TLS server shows.
public enum ServerChain {
    /// What is wrong with `chain`, the server's own certificate first, in OpenSSL's words; nil when
    /// it leads to one of `authorities`, every certificate on the way is valid now, and the first
    /// is a server's (`extendedKeyUsage`). Names are not looked at.
    ///
    /// An authority is trusted as it stands, also one that another authority signed.
    /// C function: `X509_verify_cert(3)`, purpose `sslserver`, `X509_V_FLAG_PARTIAL_CHAIN`.
    public static func trouble(
        _ chain: [Certificate],
        authorities: [Certificate]
    ) -> String? {
        guard let leaf = chain.first else { return "there is no certificate" }
        defer { ERR_clear_error() }
        return withExtendedLifetime((chain, authorities)) { () -> String? in
            // Sound: made and freed here; the certificates outlive both.
            let store = unsafe X509_STORE_new()
            let context = unsafe X509_STORE_CTX_new()
            let rest = unsafe OPENSSL_sk_new_null()
            defer {
                // Sound: as above; the last free takes the list, not what is in it.
                unsafe X509_STORE_CTX_free(context)
                unsafe X509_STORE_free(store)
                unsafe OPENSSL_sk_free(rest)
            }
            for authority in authorities {
                // Sound: the store takes a reference of its own.
                guard unsafe X509_STORE_add_cert(store, authority.handle.handle) == 1 else {
                    return "an authority cannot be used"
                }
            }
            for other in chain.dropFirst() {
                // Sound: the list holds a pointer that lives as long as `chain`.
                _ = unsafe OPENSSL_sk_push(rest, UnsafeRawPointer(other.handle.handle))
            }
            // Sound: everything handed over is alive until the context is freed.
            guard unsafe X509_STORE_CTX_init(context, store, leaf.handle.handle, rest) == 1,
                unsafe X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER) == 1
            else { return "the certificate cannot be checked" }
            let flag = UInt(X509_V_FLAG_PARTIAL_CHAIN)
            // Sound: the parameters belong to the context.
            unsafe X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context), flag)
            // Sound: the context is initialised; the words are a constant of libcrypto's.
            if unsafe X509_verify_cert(context) == 1 { return nil }
            let code = unsafe Int(X509_STORE_CTX_get_error(context))
            return unsafe String(cString: X509_verify_cert_error_string(code))
        }
    }
}
