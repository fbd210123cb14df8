import CCrypto

/// libcrypto as a whole.
public enum OpenSSLLibrary {
    /// Keeps libcrypto as it is until the process is gone. To be called before anything else of it.
    ///
    /// Left to itself it frees its locks in `exit(3)`, while threads of gRPC and of Swift still
    /// take them or are just ending: a program that has done its work then crashes. The kernel
    /// takes the memory back all the same.
    /// C function: `OPENSSL_init_crypto(3)`, `OPENSSL_INIT_NO_ATEXIT`.
    public static func staysToTheEnd() {
        let code = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
        precondition(code == 1, "libcrypto can be used")
    }
}
