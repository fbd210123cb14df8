import CGRPC

/// The core's side of what a client believes and shows.
@safe
struct ChannelCredentials: ~Copyable {
    // grpc_channel_credentials*
    let raw: OpaquePointer

    /// `authorities`: PEM; nil: the chain is not checked, `check` alone decides.
    init?(authorities: [UInt8]?, _ credentials: ClientCredentials?, _ check: @escaping ServerCheck)
    {
        Core.start()
        // Sound: `grpc_tls_credentials_create` takes the options over.
        let options = unsafe grpc_tls_credentials_options_create()
        unsafe grpc_tls_credentials_options_set_check_call_host(options, 0)
        let isChecked: Int32 = authorities == nil ? 0 : 1
        unsafe grpc_tls_credentials_options_set_verify_server_cert(options, isChecked)
        if authorities != nil || credentials != nil {
            // Sound: the options have a reference of their own.
            let provider = unsafe Self.provider(authorities, credentials)
            unsafe grpc_tls_credentials_options_set_certificate_provider(options, provider)
            unsafe grpc_tls_certificate_provider_release(provider)
        }
        if authorities != nil {
            // Sound: the options are not yet taken over.
            unsafe grpc_tls_credentials_options_watch_root_certs(options)
        }
        if credentials != nil {
            // Sound: as above.
            unsafe grpc_tls_credentials_options_watch_identity_key_cert_pairs(options)
        }
        // Sound: the options have a reference of their own to the verifier.
        let verifier = unsafe grpc_tls_certificate_verifier_external_create(Verifier.make(check))
        unsafe grpc_tls_credentials_options_set_certificate_verifier(options, verifier)
        unsafe grpc_tls_certificate_verifier_release(verifier)
        // Sound: owned by self, released in deinit.
        guard let raw = unsafe grpc_tls_credentials_create(options) else { return nil }
        unsafe self.raw = raw
    }

    /// None at all: for a socket of this machine, guarded by who may open it.
    static func forThisMachine() -> ChannelCredentials? {
        Core.start()
        // Sound: owned by what is made of it, released in its deinit.
        guard let raw = unsafe grpc_insecure_credentials_create() else { return nil }
        // Sound: as above.
        return unsafe ChannelCredentials(taking: raw)
    }

    private init(taking raw: OpaquePointer) {
        // Sound: the one reference, given back in deinit.
        unsafe self.raw = raw
    }

    deinit {
        // Sound: the channel has a reference of its own.
        unsafe grpc_channel_credentials_release(raw)
    }

    private static func provider(
        _ authorities: [UInt8]?,
        _ credentials: ClientCredentials?
    ) -> OpaquePointer? {
        var pairs: OpaquePointer?
        if let credentials {
            let key = String(decoding: credentials.key, as: UTF8.self)
            let chain = String(decoding: credentials.certificate, as: UTF8.self)
            // Sound: the core copies both texts; the provider takes the pairs over.
            unsafe pairs = grpc_tls_identity_pairs_create()
            unsafe grpc_tls_identity_pairs_add_pair(pairs, key, chain)
        }
        guard let authorities else {
            // Sound: as above; there are no roots.
            return unsafe grpc_tls_certificate_provider_static_data_create(nil, pairs)
        }
        let roots = String(decoding: authorities, as: UTF8.self)
        // Sound: the core copies the roots.
        return unsafe grpc_tls_certificate_provider_static_data_create(roots, pairs)
    }
}

/// A `ServerCheck` that the core calls after each handshake.
@safe
private final class Verifier {
    private let check: ServerCheck
    /// What the core keeps the address of, freed by `destroy`.
    private let table: UnsafeMutablePointer<grpc_tls_certificate_verifier_external>

    private init(_ check: @escaping ServerCheck) {
        self.check = check
        // Sound: initialised by `make`, freed in deinit.
        unsafe table = .allocate(capacity: 1)
    }

    deinit {
        // Sound: the core has said that it is done.
        unsafe table.deallocate()
    }

    /// The table for the core, which keeps its verifier alive until it calls `destruct`.
    static func make(
        _ check: @escaping ServerCheck
    ) -> UnsafeMutablePointer<grpc_tls_certificate_verifier_external> {
        let verifier = Verifier(check)
        // Sound: balanced by `destroyVerifier`.
        let context = unsafe Unmanaged.passRetained(verifier).toOpaque()
        unsafe verifier.table.initialize(
            to: grpc_tls_certificate_verifier_external(
                user_data: context,
                verify: verifyServer,
                cancel: { _, _ in },
                destruct: destroyVerifier
            )
        )
        // Sound: it lives as long as the verifier, and so as long as the core needs it.
        return unsafe verifier.table
    }

    func judge(_ request: grpc_tls_custom_verification_check_request) -> String? {
        // Sound: C strings and lists of the counts beside them, which live for this call.
        let peer = unsafe request.peer_info
        guard let pem = unsafe peer.peer_cert.map({ unsafe Array(String(cString: $0).utf8) }),
            let leaf = PEM.firstCertificate(in: pem)
        else { return "the node shows no certificate" }
        let name = unsafe peer.common_name.map { unsafe String(cString: $0) }
        let chain = unsafe peer.peer_cert_full_chain.map { unsafe Array(String(cString: $0).utf8) }
        return unsafe check(
            ShownCertificate(
                leaf: leaf,
                chain: chain ?? pem,
                commonName: name ?? "",
                names: Self.list(peer.san_names.dns_names, peer.san_names.dns_names_size),
                addresses: Self.list(peer.san_names.ip_names, peer.san_names.ip_names_size)
            )
        )
    }

    private static func list(
        _ names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
        _ count: Int
    ) -> [String] {
        // Sound: `count` C strings, which live while the caller's request does.
        unsafe UnsafeBufferPointer(start: names, count: names == nil ? 0 : count)
            .compactMap { unsafe $0.map { unsafe String(cString: $0) } }
    }
}

/// C type: `grpc_tls_certificate_verifier_external.verify`. Decides at once: returns 1.
private func verifyServer(
    _ context: UnsafeMutableRawPointer?,
    _ request: UnsafeMutablePointer<grpc_tls_custom_verification_check_request>?,
    _ callback: grpc_tls_on_custom_verification_check_done_cb?,
    _ argument: UnsafeMutableRawPointer?,
    _ status: UnsafeMutablePointer<grpc_status_code>?,
    _ details: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    // Sound: compared with NULL; without a status nothing can be refused or accepted.
    guard let status = unsafe status else { return 1 }
    unsafe status.pointee = GRPC_STATUS_UNAUTHENTICATED
    // Sound: as above.
    guard let context = unsafe context, let request = unsafe request else { return 1 }
    // Sound: the context is a verifier until `destroyVerifier`.
    let verifier = unsafe Unmanaged<Verifier>.fromOpaque(context).takeUnretainedValue()
    guard let words = unsafe verifier.judge(request.pointee) else {
        unsafe status.pointee = GRPC_STATUS_OK
        return 1
    }
    // Sound: the core frees the copy.
    unsafe details?.pointee = gpr_strdup(ServerTrust.mark + words)
    return 1
}

/// C type: `grpc_tls_certificate_verifier_external.destruct`. Called once.
private func destroyVerifier(_ context: UnsafeMutableRawPointer?) {
    // Sound: the reference of `Verifier.make`.
    guard let context = unsafe context else { return }
    unsafe Unmanaged<Verifier>.fromOpaque(context).release()
}
