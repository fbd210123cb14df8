import CCrypto
import Slots

/// A libcrypto certificate, decoded.
///
/// Nothing changes it once it is made (what libcrypto caches in it is behind its own lock): hence
/// `@unchecked`.
@safe
final class CertificateHandle: @unchecked Sendable {
    // X509*
    let handle: OpaquePointer

    /// Takes over a certificate that nobody else frees.
    init(owning handle: OpaquePointer) {
        // Sound: the caller gave its one reference away.
        unsafe self.handle = handle
    }

    /// One certificate and nothing after it; `nil` for anything else. C function: `d2i_X509(3)`.
    init?(der: Span<UInt8>) {
        defer { ERR_clear_error() }
        // Sound: libcrypto reads inside the span and keeps no pointer to it; of `cursor` only
        // the distance from the start is used.
        let (made, used) = unsafe der.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            let made = unsafe d2i_X509(nil, &cursor, bytes.count)
            guard let start = bytes.baseAddress, let cursor = unsafe cursor else {
                return unsafe (made, 0)
            }
            // Sound: both point into the span or to its end.
            return unsafe (made, cursor - start)
        }
        // Sound: compared with nil; then this object owns it.
        guard let made = unsafe made else { return nil }
        unsafe handle = made
        guard used == der.count else { return nil }
    }

    deinit {
        // Sound: this object owns the one reference it was made with.
        unsafe X509_free(handle)
    }

    /// The encoding; C function: `i2d_X509(3)`.
    var der: [UInt8] {
        // Sound: the handle is alive for the call.
        unsafe encoding { unsafe i2d_X509(handle, $0) }
    }

    /// SubjectPublicKeyInfo as it stands in the certificate.
    var publicKeyDER: [UInt8] {
        // Sound: the key belongs to the certificate, which is alive for the call.
        unsafe encoding { unsafe i2d_X509_PUBKEY(X509_get_X509_PUBKEY(handle), $0) }
    }

    /// Since when it is valid; `nil` for a time that is none.
    var notBefore: Timestamp? {
        // Sound: the time belongs to the certificate, which is alive for the call.
        unsafe Timestamp(X509_get0_notBefore(handle))
    }

    /// Until when it is valid, this second included; `nil` for a time that is none.
    var notAfter: Timestamp? {
        // Sound: as above.
        unsafe Timestamp(X509_get0_notAfter(handle))
    }

    /// Whether it may sign certificates: `basicConstraints` says CA. C function:
    /// `X509_check_ca(3)`, where 1 is the only answer that stands in the certificate itself.
    var isAuthority: Bool {
        // Sound: the handle is alive for the call.
        unsafe X509_check_ca(handle) == 1
    }

    /// Whether its own key made its signature. C function: `X509_self_signed(3)`.
    var isSelfSigned: Bool {
        defer { ERR_clear_error() }
        // Sound: the handle is alive for the call.
        return unsafe X509_self_signed(handle, 1) == 1
    }

    /// Whether `authority` is its issuer by name, key identifier and permission to sign, and
    /// made its signature. C functions: `X509_check_issued(3)`, `X509_verify(3)`.
    func isSigned(by authority: CertificateHandle) -> Bool {
        defer { ERR_clear_error() }
        // Sound: both handles are alive for the calls.
        guard unsafe X509_check_issued(authority.handle, handle) == X509_V_OK else { return false }
        // Sound: the key belongs to the authority; NULL makes the last call answer 0 or less.
        return unsafe X509_verify(handle, X509_get0_pubkey(authority.handle)) == 1
    }

    /// Whether `key` is the private half of its key. C function: `X509_check_private_key(3)`.
    func belongs(to key: KeyHandle) -> Bool {
        defer { ERR_clear_error() }
        // Sound: both handles are alive for the call.
        return unsafe X509_check_private_key(handle, key.handle) == 1
    }

    /// Runs an `i2d_...` function, which makes the buffer itself, and copies what it made.
    private func encoding(
        _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> Int32
    ) -> [UInt8] {
        var made: UnsafeMutablePointer<UInt8>?
        // Sound: with a nil pointer the function allocates, and the buffer is ours.
        let count = unsafe write(&made)
        defer { unsafe CRYPTO_free(made, "", 0) }
        precondition(count > 0, "a certificate can be encoded")
        // Sound: the buffer has `count` bytes, copied before it is freed.
        return unsafe [UInt8](UnsafeBufferPointer(start: made, count: Int(count)))
    }
}

extension Timestamp {
    /// C function: `ASN1_TIME_diff(3)` from 1970.
    fileprivate init?(_ time: UnsafePointer<ASN1_TIME>?) {
        // Sound: makes a time of ours, freed when this function ends.
        let epoch = unsafe ASN1_TIME_set(nil, 0)
        defer {
            // Sound: nil or ours, used no more.
            unsafe ASN1_TIME_free(epoch)
            ERR_clear_error()
        }
        var days: Int32 = 0
        var seconds: Int32 = 0
        // Sound: both times are alive for the call; a nil `to` would mean now, so it is refused.
        guard let time = unsafe time, let epoch = unsafe epoch,
            unsafe ASN1_TIME_diff(&days, &seconds, epoch, time) == 1
        else { return nil }
        self.init(seconds: Int(days) * 86400 + Int(seconds))
    }
}
