import Slots
import SlotsFetch
import Trust

/// Why a node was not bootstrapped. Facts only; `BootstrapSentences.swift` says them.
enum BootstrapError: Error, Sendable, Hashable {
    // What was asked for makes no sense.
    case noWay
    case nodeName(String)
    case label(String)
    /// A label under `kubernetes.io` that no kubelet may give itself.
    case reservedLabel(String)
    case taint(String)
    case tooMany(_ what: String, _ limit: Int)
    case server(String, ServerAddress.Fault)
    /// Neither a bootstrap token nor a service account's.
    case token
    /// With a CA hash only a bootstrap token can check what is discovered.
    case tokenCannotDiscover
    case noHash
    case hash(String)
    case authority(CertificateError)
    case kubeconfig(KubeconfigFault)

    // Who asks, or what was given, is refused.
    case joinSecret(isGiven: Bool)
    /// The first bootstrap was another, and this caller shows no certificate.
    case alreadyBootstrapped
    case notAnAuthority(subject: String)
    case notYetValid(_ what: Certified, from: Timestamp, now: Timestamp)
    case expired(_ what: Certified, since: Timestamp, now: Timestamp)
    case tokenRefused(JoinToken, ServerAddress, now: Timestamp)
    case certificateRefused(subject: String, ServerAddress)
    case untrusted(ServerAddress, PageFailure.Distrust, reason: String, now: Timestamp)
    /// `cluster-info` has no signature by this token.
    case unsigned(id: String, ServerAddress)
    case badSignature(id: String, ServerAddress)
    /// None of the discovered certificates has one of the hashes.
    case otherAuthorities(found: [Digest], ServerAddress)

    // The cluster does not answer as it must.
    case unreachable(ServerAddress, reason: String)
    case silent(ServerAddress, after: Duration)
    case noTLS(ServerAddress, reason: String)
    case broken(ServerAddress, reason: String)
    case answered(ServerAddress, path: String, status: Int)
    case notAnAPIServer(ServerAddress)
    case noClusterInfo(ServerAddress)
    case closedClusterInfo(ServerAddress, status: Int)
    case malformedClusterInfo(ServerAddress)

    // The node itself.
    /// Another bootstrap is under way.
    case busy
    /// The state folder is in memory: whether the node was bootstrapped before cannot be known.
    case nothingKept
    /// The files in force are not as they were written.
    case damaged(folder: String)
    case state(StateError)

    /// Whose time is over or has not come.
    enum Certified: Sendable, Hashable {
        case authority(subject: String)
        case client(subject: String)
    }
}

/// What is wrong with a kubeconfig document. `field` is a path such as `users[].user`.
enum KubeconfigFault: Error, Sendable, Hashable {
    /// Not one YAML document within its limits.
    case document(YAMLFault)
    /// A document of one text or one list.
    case notAMap
    /// A text where a list belongs, or the like.
    case wrongKind(field: String)
    case noContext(String)
    case noEntry(_ kind: String, name: String)
    case missing(field: String)
    /// A file on another machine, a program to run, or a way round the checks.
    case notAllowed(field: String)
    case notBase64(field: String)
    case certificate(CertificateError)
    case key(CertificateError)
    /// The key is another certificate's.
    case otherKey
}
