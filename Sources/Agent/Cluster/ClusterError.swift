import SlotsFetch
import Syscalls
import Trust

/// Why the cluster was not asked, did not answer, or answered otherwise than hoped. Facts only;
/// `ClusterSentences.swift` says them.
enum ClusterError: Error, Sendable, Hashable {
    // The node has nothing to ask with.
    case notJoined
    case membership(BootstrapError)
    /// Neither the kubelet nor the bootstrap left a client certificate: the kubelet asks for one
    /// when it starts.
    case noCertificate(path: String)
    case file(path: String, Errno)
    case certificate(path: String, CertificateError)
    /// The key is another certificate's.
    case otherKey(path: String)
    /// The request itself cannot be made.
    case unusable(reason: String)

    // Nobody answers who is to be believed.
    case unreachable(ServerAddress, reason: String)
    case silent(ServerAddress, after: Duration)
    case broken(ServerAddress, reason: String)
    case noTLS(ServerAddress, reason: String)
    case untrusted(ServerAddress, PageFailure.Distrust, reason: String)

    // The answer. `message` is the server's own, short and without line breaks; it may be empty.
    /// 401 and 403.
    case refused(ServerAddress, ClusterAct, status: Int, message: String)
    case answered(ServerAddress, ClusterAct, status: Int, message: String)
    case malformed(ServerAddress, ClusterAct)

    /// Where to look for the fault.
    enum Blame: Sendable, Hashable {
        /// The node has no credentials, or damaged ones.
        case node
        /// It does not answer, is busy, or was changed meanwhile: the same again may well succeed.
        case cluster
        /// It answers, and says no.
        case refusal
    }

    var blame: Blame {
        switch self {
        case .notJoined, .membership, .noCertificate, .file, .certificate, .otherKey, .unusable:
            .node
        case .unreachable, .silent, .broken, .noTLS, .malformed: .cluster
        case .untrusted, .refused: .refusal
        case .answered(_, _, let status, _):
            status >= 500 || Self.passing.contains(status) ? .cluster : .refusal
        }
    }

    /// No answer came: whatever else is asked now fares no better.
    var isSilence: Bool {
        switch self {
        case .refused, .answered, .malformed: false
        default: true
        }
    }

    /// Timeout, conflict, a list that is no longer kept, too many requests.
    private static let passing: Set = [408, 409, 410, 429]

    init(_ failure: PageFailure, _ server: ServerAddress, _ act: ClusterAct, after time: Duration) {
        switch failure {
        case .unusable(let reason): self = .unusable(reason: reason)
        case .unreachable(let reason): self = .unreachable(server, reason: reason)
        case .timedOut: self = .silent(server, after: time)
        case .untrusted(let distrust, let reason):
            self = .untrusted(server, distrust, reason: reason)
        case .handshake(let reason): self = .noTLS(server, reason: reason)
        case .tooLarge: self = .malformed(server, act)
        case .broken(let reason): self = .broken(server, reason: reason)
        }
    }
}

/// What is asked of the cluster.
enum ClusterAct: Sendable, Hashable {
    case readNode
    case changeNode
    case listPods
    case evict(PodName)
    case writeEvent
}
