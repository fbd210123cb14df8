import CCrypto
import Slots

/// The SHA-256 algorithm as libcrypto hands it out.
///
/// Immutable once fetched, and documented as safe to share between threads: hence `@unchecked`.
@safe
final class DigestAlgorithm: @unchecked Sendable {
    // EVP_MD*
    fileprivate let handle: OpaquePointer

    init() {
        // Sound: both strings are literals or nil, and the result is checked before it is kept.
        guard let fetched = unsafe EVP_MD_fetch(nil, "SHA256", nil) else {
            preconditionFailure("libcrypto offers SHA-256")
        }
        // Sound: this object owns it from here on.
        unsafe handle = fetched
    }

    deinit {
        // Sound: this object owns the one reference `EVP_MD_fetch` gave.
        unsafe EVP_MD_free(handle)
    }
}

/// One running SHA-256 computation. Its calls fail only when memory is gone, and then trap.
@safe
struct DigestContext: ~Copyable {
    // EVP_MD_CTX*
    private let handle: OpaquePointer

    init() {
        // Sound: takes nothing; the result is checked before it is kept.
        guard let made = unsafe EVP_MD_CTX_new() else {
            preconditionFailure("there is memory for a digest context")
        }
        // Sound: this value owns it from here on.
        unsafe handle = made
    }

    deinit {
        // Sound: this value owns the context and is the last to use it.
        unsafe EVP_MD_CTX_free(handle)
    }

    /// Forgets what was added and starts anew.
    func begin(_ algorithm: DigestAlgorithm) {
        // Sound: both handles are alive for the call; nil means no parameters.
        let done = unsafe EVP_DigestInit_ex2(handle, algorithm.handle, nil)
        precondition(done == 1, "a digest can be begun")
    }

    func add(_ bytes: Span<UInt8>) {
        // Sound: the pointer is used for `count` bytes, inside the closure only.
        let done = unsafe bytes.withUnsafeBytes {
            unsafe EVP_DigestUpdate(handle, $0.baseAddress, $0.count)
        }
        precondition(done == 1, "a digest takes bytes")
    }

    /// Writes the 32 bytes of the digest at `offset` of `digests`.
    func finish(into digests: inout MutableSpan<UInt8>, at offset: Int) {
        precondition(offset >= 0 && offset + Digest.byteCount <= digests.count, "a digest fits")
        // Sound: SHA-256 writes exactly 32 bytes, and the line above proved there is room.
        let done = unsafe digests.withUnsafeMutableBufferPointer { room in
            unsafe EVP_DigestFinal_ex(handle, room.baseAddress.map { unsafe $0 + offset }, nil)
        }
        precondition(done == 1, "a digest can be finished")
    }
}
