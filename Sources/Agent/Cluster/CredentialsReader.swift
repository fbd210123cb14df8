import SlotsFetch
import Syscalls
import Trust

/// Reads the credentials of the node's kubelet, each time anew: they rotate.
///
/// Server and CA are those of the membership in force: the kubelet has no others, since what it
/// made for itself under another membership is removed before it starts. The certificate is the
/// one the kubelet keeps, `pki/kubelet-client-current.pem`: the kubelet puts there what it was
/// granted for a token, and also what replaces a certificate that came in a kubeconfig. Until it
/// has done so, the one in the membership's own kubeconfig is used.
struct CredentialsReader: Sendable {
    let state: any BootstrapState
    /// The kubelet's folder.
    let home: String
    /// What the kubelet calls the node when nobody named it.
    let hostName: @Sendable () -> String

    /// Within the kubelet's folder. Source: client-go, `certificate_store.go`.
    static let certificateFile = "pki/kubelet-client-current.pem"
    private static let limit = 256 * 1024

    /// Throws `.notJoined`, `.membership`, `.noCertificate`, `.file`, `.certificate` or
    /// `.otherKey`.
    func read() throws(ClusterError) -> ClusterCredentials {
        let membership = try membership()
        let server: ServerAddress
        do throws(ServerAddress.Fault) {
            server = try ServerAddress(membership.description.server)
        } catch {
            throw .membership(.server(membership.description.server, error))
        }
        guard let authorities = membership.files["ca.crt"] else {
            throw .membership(.damaged(folder: MembershipStore.folder(membership.set)))
        }
        var pair = try kept(membership)
        if pair == nil { pair = try given(membership) }
        guard let pair else { throw .noCertificate(path: "\(home)/\(Self.certificateFile)") }
        return ClusterCredentials(
            server: server,
            authorities: authorities,
            client: ClientCertificate(chain: pair.chain.flatMap(\.pem), key: pair.key.pem),
            nodeName: nodeName(pair, membership.description.node.name)
        )
    }

    private func membership() throws(ClusterError) -> MembershipStore.InForce {
        let found: MembershipStore.InForce?
        do throws(BootstrapError) { found = try MembershipStore(state: state).read() } catch {
            throw .membership(error)
        }
        guard let found, !found.description.server.isEmpty else { throw .notJoined }
        return found
    }

    /// What the kubelet keeps; `nil` when there is nothing, or nothing of this membership yet.
    private func kept(
        _ membership: MembershipStore.InForce
    ) throws(ClusterError) -> CertificatePair? {
        let mark = try file(KubeletLaunch.membershipMark, limit: 256)
        guard mark == Array(membership.description.request.hex.utf8) else { return nil }
        guard let bytes = try file(Self.certificateFile, limit: Self.limit) else { return nil }
        return try pair(bytes, of: "\(home)/\(Self.certificateFile)")
    }

    /// What the membership's own kubeconfig holds; `nil` when there is only a token, which is for
    /// the kubelet to get a certificate with.
    private func given(
        _ membership: MembershipStore.InForce
    ) throws(ClusterError) -> CertificatePair? {
        guard let document = membership.files["kubeconfig"] else { return nil }
        let entry: KubeconfigEntry
        do throws(KubeconfigFault) {
            entry = try KubeconfigReader(document).entry(context: "")
        } catch {
            throw .membership(.kubeconfig(error))
        }
        guard case .certificate(let chain, let key) = entry.credentials else { return nil }
        let path = "\(MembershipStore.folder(membership.set))/kubeconfig"
        return try pair(chain + key, of: path)
    }

    private func pair(_ pem: [UInt8], of path: String) throws(ClusterError) -> CertificatePair {
        do throws(CertificateError) { return try CertificatePair(pem: pem) } catch .otherKey {
            throw .otherKey(path: path)
        } catch {
            throw .certificate(path: path, error)
        }
    }

    private func file(_ name: String, limit: Int) throws(ClusterError) -> [UInt8]? {
        let path = "\(home)/\(name)"
        do throws(Errno) { return try File.read(path, limit: limit) } catch {
            if error == .noEntry { return nil }
            throw .file(path: path, error)
        }
    }

    /// A kubelet's certificate says it; another's does not, and then it is what the kubelet was
    /// told, or the host's name as the kubelet writes it.
    private func nodeName(_ pair: CertificatePair, _ told: String) -> String {
        let prefix = "system:node:"
        if let name = pair.chain.first?.commonName, name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return told.isEmpty ? hostName().lowercased() : told
    }
}
