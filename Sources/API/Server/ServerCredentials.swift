import CGRPC
import Synchronization

/// The core's side of an identity: TLS 1.2 or 1.3, and nothing without it.
///
/// The core asks for the identity at every handshake. It is given new certificates and keys, but
/// never another client CA than the one it began with: that needs another listener.
@safe
final class ServerCredentials: Sendable {
    // grpc_server_credentials*
    nonisolated(unsafe) let raw: OpaquePointer
    private let feed: IdentityFeed

    /// `clientCA`: what `identity` says, at a mutual door; nil at an open one.
    init?(
        _ identity: ServerIdentity,
        _ version: UInt64,
        clientCA: [UInt8]?,
        from store: IdentityStore
    ) {
        Core.start()
        feed = IdentityFeed(identity, version, clientCA: clientCA, from: store)
        let request =
            clientCA == nil
            ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
            : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
        // Sound: the feed lives as long as the credentials, and the listener that uses them keeps
        // both until its server is destroyed.
        let context = unsafe Unmanaged.passUnretained(feed).toOpaque()
        let options = unsafe grpc_ssl_server_credentials_create_options_using_config_fetcher(
            request,
            fetchIdentity,
            context
        )
        // Sound: takes the options over.
        guard let raw = unsafe grpc_ssl_server_credentials_create_with_options(options) else {
            return nil
        }
        // Sound: owned by self, released in deinit.
        unsafe self.raw = raw
    }

    deinit {
        // Sound: the listener's server has its own reference.
        unsafe grpc_server_credentials_release(raw)
    }
}

/// The identities that one listener may use, each handed out once.
private final class IdentityFeed: Sendable {
    private let store: IdentityStore
    private let clientCA: [UInt8]?
    private let served: Mutex<(first: ServerIdentity?, version: UInt64)>

    init(
        _ identity: ServerIdentity,
        _ version: UInt64,
        clientCA: [UInt8]?,
        from store: IdentityStore
    ) {
        self.store = store
        self.clientCA = clientCA
        served = Mutex((identity, version))
    }

    /// The identity to use from now on; nil: as before.
    func next() -> ServerIdentity? {
        served.withLock { served in
            if let first = served.first {
                served.first = nil
                return first
            }
            let (identity, version) = store.current
            guard version > served.version else { return nil }
            guard clientCA == nil || identity.clientCA == clientCA else { return nil }
            served.version = version
            return identity
        }
    }

    /// The core's form of an identity.
    func config(_ identity: ServerIdentity) -> OpaquePointer? {
        let key = String(decoding: identity.key, as: UTF8.self)
        let chain = String(decoding: identity.certificate, as: UTF8.self)
        // The core aborts without roots. A door that asks for no certificates gets its own, by
        // which nobody is ever judged.
        let roots = clientCA.map { String(decoding: $0, as: UTF8.self) } ?? chain
        // Sound: the core copies all three texts.
        return unsafe key.withCString { key in
            unsafe chain.withCString { chain in
                var pair = unsafe grpc_ssl_pem_key_cert_pair(private_key: key, cert_chain: chain)
                return unsafe grpc_ssl_server_certificate_config_create(roots, &pair, 1)
            }
        }
    }
}

/// C type: `grpc_ssl_server_certificate_config_callback`. Called at each handshake, on any thread.
private func fetchIdentity(
    _ context: UnsafeMutableRawPointer?,
    _ config: UnsafeMutablePointer<OpaquePointer?>?
) -> grpc_ssl_certificate_config_reload_status {
    // Sound: the context is the feed, which lives as long as the credentials.
    guard let context = unsafe context, let config = unsafe config else {
        return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL
    }
    // Sound: as above.
    let feed = unsafe Unmanaged<IdentityFeed>.fromOpaque(context).takeUnretainedValue()
    guard let identity = feed.next() else { return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED }
    // Sound: the core takes the config over.
    unsafe config.pointee = feed.config(identity)
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW
}
