import Slots
import Trust

/// What a cluster tells strangers about itself: its CA, signed with each bootstrap token.
///
/// Source: Kubernetes, "Authenticating with Bootstrap Tokens", ConfigMap signing.
struct ClusterInfo: Sendable, Hashable {
    let authorities: Authorities

    /// Reads the ConfigMap and believes it only when `token` signed it.
    ///
    /// The signature is checked over the text of the kubeconfig, before anybody reads that.
    init(
        parsing body: [UInt8],
        of server: ServerAddress,
        token: BootstrapToken,
        now: Timestamp
    ) throws(BootstrapError) {
        guard let data = JSONObject(parsing: body)?.object("data"),
            let kubeconfig = data.text("kubeconfig")
        else { throw .malformedClusterInfo(server) }
        guard let signature = data.text("jws-kubeconfig-" + token.id) else {
            throw .unsigned(id: token.id, server)
        }
        let isSigned = WebSignature.isValidHS256(
            signature,
            of: Array(kubeconfig.utf8),
            key: Array(token.secret.utf8),
            keyID: token.id
        )
        guard isSigned else { throw .badSignature(id: token.id, server) }
        let pem: [UInt8]
        do throws(KubeconfigFault) {
            pem = try KubeconfigReader(Array(kubeconfig.utf8)).onlyAuthorities()
        } catch {
            throw .malformedClusterInfo(server)
        }
        authorities = try Authorities(pem: pem, now: now)
    }
}
