import API
import Slots
import Synchronization
import Syscalls
import Trust

/// What the node shows of itself: its own certificate, until the cluster that it has joined has
/// signed the kubelet's, and that one from then on.
///
/// The kubelet asks for its certificate, renews it and keeps it in one file with its key; this only
/// looks. One that the client CA does not vouch for as a server's is not shown, nor one that is
/// over: then it is the node's own again, which is known by its key.
final class ShownIdentity: Sendable {
    /// Source: client-go's `util/certificate`, `fileStore`.
    static let place = "/var/lib/kubelet/pki/kubelet-server-current.pem"
    private static let limit = 1 << 20

    private let own: Identity
    private let path: String
    private let given = Mutex<Given>(Given())

    private struct Given {
        var bytes: [UInt8] = []
        var pair: CertificatePair?
    }

    init(_ own: Identity, path: String = ShownIdentity.place) {
        self.own = own
        self.path = path
    }

    /// The certificate in force.
    var certificate: Certificate { given.withLock { $0.pair?.chain.first } ?? own.certificate }

    /// Whether that is the cluster's.
    var isClusters: Bool { given.withLock { $0.pair != nil } }

    /// With the certificates that come along, PEM.
    var chain: [UInt8] {
        given.withLock { $0.pair?.chain.flatMap(\.pem) } ?? own.certificate.pem
    }

    /// What the server shows and whom it believes.
    func server(clientCA: [UInt8]?) -> ServerIdentity {
        given.withLock { given in
            guard let pair = given.pair else { return own.server(clientCA: clientCA) }
            return ServerIdentity(
                certificate: pair.chain.flatMap(\.pem),
                key: pair.key.pem,
                clientCA: clientCA
            )
        }
    }

    /// Looks at the kubelet's file: what a node in this cluster is to show from now on. `nil` when
    /// that is what it showed before.
    func look(clientCA: [UInt8]?) -> Change? {
        let found = read(clientCA)
        return given.withLock { given in
            let bytes: [UInt8] = if case .success(let read?) = found { read.bytes } else { [] }
            guard bytes != given.bytes else { return nil }
            given = Given(bytes: bytes, pair: (try? found.get())?.pair)
            switch found {
            case .success(let read?):
                return .cluster(read.pair.chain.first?.subject ?? "")
            case .success(nil): return .own("the kubelet has no certificate any more")
            case .failure(let trouble): return .own(trouble.words)
            }
        }
    }

    enum Change: Sendable, Hashable {
        /// The cluster's certificate, for this subject.
        case cluster(String)
        /// The node's own again, because of that.
        case own(String)
    }

    private struct Trouble: Error {
        let words: String
    }

    private func read(
        _ clientCA: [UInt8]?
    ) -> Result<(bytes: [UInt8], pair: CertificatePair)?, Trouble> {
        guard let clientCA else { return .success(nil) }
        let bytes: [UInt8]
        do throws(Errno) { bytes = try File.read(path, limit: Self.limit) } catch {
            if error == .noEntry { return .success(nil) }
            return .failure(Trouble(words: "\(path) cannot be read: \(error)"))
        }
        do throws(CertificateError) {
            let pair = try CertificatePair(pem: bytes)
            let trouble = ServerChain.trouble(
                pair.chain,
                authorities: try Certificate.chain(pem: clientCA)
            )
            guard let trouble else { return .success((bytes, pair)) }
            return .failure(Trouble(words: "the kubelet's certificate is not good: \(trouble)"))
        } catch {
            return .failure(Trouble(words: "\(path) holds no certificate and key: \(error)"))
        }
    }
}
