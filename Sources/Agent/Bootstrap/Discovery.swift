import Slots
import Trust

/// Finds a cluster's CA from a bootstrap token and the hash of a key.
///
/// 1. The `cluster-info` is fetched from whoever answers. Nothing secret is sent.
/// 2. It is believed only when the token's secret signed it, and one of its certificates has one
///    of the hashes: those are the *known* ones.
/// 3. It is fetched again over TLS that the known ones vouch for, and checked again. The second
///    answer counts: whoever has only the token cannot make it, for they lack the CA's key.
struct Discovery: Sendable {
    let pages: ServerPages
    let token: BootstrapToken
    /// SHA-256 of SubjectPublicKeyInfo; not empty.
    let hashes: Set<Digest>

    /// The cluster's CA.
    func authorities() async throws(BootstrapError) -> Authorities {
        let first = try read(await pages.readClusterInfo(nil))
        let known = try known(in: first)
        let second = try read(await pages.readClusterInfo(known))
        _ = try self.known(in: second)
        return second
    }

    private func read(_ body: [UInt8]) throws(BootstrapError) -> Authorities {
        try ClusterInfo(
            parsing: body,
            of: pages.server,
            token: token,
            now: pages.now
        ).authorities
    }

    private func known(in authorities: Authorities) throws(BootstrapError) -> Authorities {
        let known = authorities.certificates.filter { hashes.contains($0.publicKeyHash) }
        guard !known.isEmpty else {
            throw .otherAuthorities(
                found: authorities.certificates.map(\.publicKeyHash),
                pages.server
            )
        }
        return try Authorities(known, now: pages.now)
    }
}
