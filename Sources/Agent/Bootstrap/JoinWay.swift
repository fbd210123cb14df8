import API
import Slots
import Trust

/// How a node is bootstrapped, read from a request and checked as far as that goes without asking
/// anybody.
enum JoinWay: Sendable, Hashable {
    /// Ready to be tried.
    case cluster(Membership.Cluster, Authorities)
    /// The CA is still to be found.
    case discovery(ServerAddress, BootstrapToken, hashes: Set<Digest>)
    case clientCA(Authorities)

    private static let hashLimit = 16

    init(_ request: Keel_V1_BootstrapRequest, now: Timestamp) throws(BootstrapError) {
        switch request.way {
        case .tokenWithCa(let way): self = try Self.token(way, now)
        case .tokenWithHash(let way): self = try Self.hash(way)
        case .kubeconfig(let way): self = try Self.kubeconfig(way, now)
        case .clientCa(let way):
            self = .clientCA(try Authorities(pem: Array(way.ca.utf8), now: now))
        case nil: throw .noWay
        }
    }

    private static func token(
        _ way: Keel_V1_TokenWithCA,
        _ now: Timestamp
    ) throws(BootstrapError) -> JoinWay {
        let server = try address(way.apiServer)
        guard let token = JoinToken(way.token) else { throw .token }
        let authorities = try Authorities(pem: Array(way.ca.utf8), now: now)
        return .cluster(
            Membership.Cluster(
                server: server,
                authorities: authorities.pem,
                credentials: .token(token)
            ),
            authorities
        )
    }

    private static func hash(_ way: Keel_V1_TokenWithHash) throws(BootstrapError) -> JoinWay {
        let server = try address(way.apiServer)
        guard let token = JoinToken(way.token) else { throw .token }
        guard case .bootstrap(let bootstrapToken) = token else { throw .tokenCannotDiscover }
        guard !way.caHashes.isEmpty else { throw .noHash }
        guard way.caHashes.count <= hashLimit else { throw .tooMany("CA hashes", hashLimit) }
        var hashes: Set<Digest> = []
        for text in way.caHashes {
            guard text.lowercased().hasPrefix("sha256:"),
                let hash = Digest(hex: String(text.dropFirst(7)))
            else { throw .hash(text) }
            hashes.insert(hash)
        }
        return .discovery(server, bootstrapToken, hashes: hashes)
    }

    private static func kubeconfig(
        _ way: Keel_V1_Kubeconfig,
        _ now: Timestamp
    ) throws(BootstrapError) -> JoinWay {
        let entry: KubeconfigEntry
        do throws(KubeconfigFault) {
            entry = try KubeconfigReader(Array(way.document)).entry(context: way.context)
        } catch {
            throw .kubeconfig(error)
        }
        let authorities = try Authorities(pem: entry.authorities, now: now)
        return .cluster(
            Membership.Cluster(
                server: try address(entry.server),
                authorities: authorities.pem,
                credentials: try credentials(entry.credentials, now)
            ),
            authorities
        )
    }

    private static func credentials(
        _ found: KubeconfigEntry.Credentials,
        _ now: Timestamp
    ) throws(BootstrapError) -> Credentials {
        switch found {
        case .token(let text):
            guard let token = JoinToken(text) else { throw .token }
            return .token(token)
        case .certificate(let pem, let keyPEM):
            let chain: [Certificate]
            do throws(CertificateError) { chain = try Certificate.chain(pem: pem) } catch {
                throw .kubeconfig(.certificate(error))
            }
            let key: CertificateKey
            do throws(CertificateError) { key = try CertificateKey(pem: keyPEM) } catch {
                throw .kubeconfig(.key(error))
            }
            guard let leaf = chain.first, key.belongs(to: leaf) else {
                throw .kubeconfig(.otherKey)
            }
            let what = BootstrapError.Certified.client(subject: leaf.subject)
            guard leaf.notBefore <= now else {
                throw .notYetValid(what, from: leaf.notBefore, now: now)
            }
            guard now <= leaf.notAfter else {
                throw .expired(what, since: leaf.notAfter, now: now)
            }
            return .certificate(chain: chain.flatMap(\.pem), key: key.pem)
        }
    }

    private static func address(_ text: String) throws(BootstrapError) -> ServerAddress {
        do throws(ServerAddress.Fault) { return try ServerAddress(text) } catch {
            throw .server(text, error)
        }
    }
}
