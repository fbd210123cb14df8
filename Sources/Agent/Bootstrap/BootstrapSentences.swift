import API
import Slots
import SlotsFetch
import Trust

// What was refused or failed, on what, expected and found, and the next step where there is one.

extension BootstrapError {
    /// The one table from these errors to the API's reasons.
    var reason: Keel_V1_Reason {
        switch self {
        case .noWay, .nodeName, .label, .reservedLabel, .taint, .tooMany, .server, .token,
            .tokenCannotDiscover, .noHash, .hash, .authority, .kubeconfig:
            .badRequest
        case .joinSecret, .notAnAuthority, .notYetValid, .expired, .tokenRefused,
            .certificateRefused, .unsigned, .badSignature, .otherAuthorities, .untrusted,
            .nothingKept:
            .bootstrapRefused
        case .unreachable, .silent, .noTLS, .broken, .answered, .notAnAPIServer, .noClusterInfo,
            .closedClusterInfo, .malformedClusterInfo:
            .cluster
        case .alreadyBootstrapped: .notAuthenticated
        case .busy: .busy
        case .damaged, .state: .internal
        }
    }

    var sentence: String {
        switch reason {
        case .badRequest: requestSentence
        case .bootstrapRefused: refusalSentence
        case .cluster: clusterSentence
        default: nodeSentence
        }
    }

    private var requestSentence: String {
        switch self {
        case .nodeName(let name):
            "the node name \"\(name)\" is refused: expected a DNS subdomain in lower case."
        case .label(let label):
            "the label \"\(label)\" is refused: expected KEY=VALUE as Kubernetes writes them."
        case .reservedLabel(let key):
            "the label \"\(key)\" is refused: a kubelet may not give it to itself; set it with "
                + "kubectl label."
        case .taint(let taint):
            "the taint \"\(taint)\" is refused: expected KEY=VALUE:EFFECT or KEY:EFFECT with "
                + "NoSchedule, PreferNoSchedule or NoExecute."
        case .tooMany(let what, let limit): "too many \(what): the limit is \(limit)."
        case .server(let text, .notHTTPS):
            "the API server \"\(text)\" is refused: it must be reached over https://, because a "
                + "token may not cross the network in the clear."
        case .server(let text, .malformed):
            "the API server \"\(text)\" is refused: expected https://HOST[:PORT]."
        case .token:
            "the token is refused: expected a bootstrap token (6 and 16 lower-case letters or "
                + "digits with a dot between) or a service account's JWT."
        case .tokenCannotDiscover:
            "the token is refused: a CA hash needs a bootstrap token, which checks what is "
                + "discovered; with another token give the CA itself."
        case .noHash: "no CA hash is given: expected sha256: and 64 hexadecimal digits."
        case .hash(let text):
            "the CA hash \"\(text)\" is refused: expected sha256: and 64 hexadecimal digits."
        case .authority(let error): "the CA is refused: \(error.words)."
        case .kubeconfig(let fault): "the kubeconfig is refused: \(fault.words)."
        default: "nothing to bootstrap with: give a token and a CA, a kubeconfig, or a client CA."
        }
    }

    private var refusalSentence: String {
        switch self {
        case .nothingKept:
            "this node has no data partition and keeps nothing: whether it belongs to somebody "
                + "already cannot be known, so nobody can take it."
        case .joinSecret(isGiven: false): "this node wants the join secret its disk was made with."
        case .joinSecret(isGiven: true): "the join secret is not this node's."
        case .notAnAuthority(let subject):
            "the CA is refused: the certificate of \(subject) may not sign others."
        case .notYetValid(let what, let from, let now):
            "\(what.words) is valid from \(from), but this node's clock says \(now): set the clock."
        case .expired(let what, let since, let now):
            "\(what.words) expired at \(since); this node's clock says \(now)."
        case .tokenRefused(let token, let server, let now):
            "\(server.text) refuses the token: \(token.doubt(now))."
        case .certificateRefused(let subject, let server):
            "\(server.text) refuses the client certificate of \(subject): it was not signed by the "
                + "cluster's CA or is no longer valid."
        case .unsigned(let id, let server):
            "the bootstrap token \(id) is unknown to the cluster at \(server.text) or expired: its "
                + "cluster-info is not signed by it; make a new one with kubeadm token create."
        case .badSignature(let id, let server):
            "the cluster-info of \(server.text) is not to be believed: the secret of the bootstrap "
                + "token \(id) does not fit its signature."
        case .otherAuthorities(let found, let server):
            "the CA of \(server.text) has another hash than given: found "
                + found.map { "sha256:\($0)" }.joined(separator: ", ") + "."
        case .untrusted(let server, let distrust, let reason, let now):
            distrust.sentence(server, reason, now)
        default: "the bootstrap is refused."
        }
    }

    private var clusterSentence: String {
        switch self {
        case .unreachable(let server, let reason):
            "the API server \(server.text) cannot be reached: \(reason)."
        case .silent(let server, let time):
            "the API server \(server.text) did not answer within \(time / .seconds(1)) s."
        case .noTLS(let server, let reason):
            "\(server.text) does not speak TLS 1.2 or 1.3 with this node: \(reason)."
        case .broken(let server, let reason):
            "the line to the API server \(server.text) broke: \(reason)."
        case .answered(let server, let path, let status):
            "the API server \(server.text) answered \(path) with status \(status)."
        case .notAnAPIServer(let server): "\(server.text) answers, but not as an API server does."
        case .noClusterInfo(let server):
            "the cluster at \(server.text) has no cluster-info to discover its CA from: give the "
                + "CA itself."
        case .closedClusterInfo(let server, let status):
            "\(server.text) does not show its cluster-info to strangers (status \(status)): give "
                + "the CA itself."
        default: "the cluster-info does not hold one cluster with its CA."
        }
    }

    private var nodeSentence: String {
        switch self {
        case .busy: "another bootstrap is under way."
        case .alreadyBootstrapped:
            "the node was bootstrapped already: it takes another bootstrap only from a client with "
                + "a certificate of its client CA."
        case .state(let error): "\(error.words)."
        case .damaged(let folder):
            "the state folder \(folder) is not as the last bootstrap left it; nobody is let in "
                + "until it is restored or removed."
        default: "the bootstrap failed."
        }
    }
}

extension BootstrapError.Certified {
    fileprivate var words: String {
        switch self {
        case .authority(let subject): "the CA certificate of \(subject)"
        case .client(let subject): "the client certificate of \(subject)"
        }
    }
}

extension JoinToken {
    /// Why it may have been refused, as far as can be told from here.
    fileprivate func doubt(_ now: Timestamp) -> String {
        switch self {
        case .bootstrap(let token):
            return "the bootstrap token \(token.id) is unknown or expired; make a new one with "
                + "kubeadm token create"
        case .serviceAccount(let token):
            if let expiry = token.expiry, expiry <= now {
                return "it expired at \(expiry); make a new one with kubectl create token"
            }
            let audience = token.audience.joined(separator: ", ")
            return "it is not this cluster's, was revoked, or is for another audience"
                + (audience.isEmpty ? "" : " than \(audience)")
        }
    }
}

extension PageFailure.Distrust {
    fileprivate func sentence(_ server: ServerAddress, _ reason: String, _ now: Timestamp) -> String
    {
        switch self {
        case .notYetValid:
            "the certificate of \(server.text) is not valid yet by this node's clock, which says "
                + "\(now): set the clock."
        case .expired:
            "the certificate of \(server.text) has expired by this node's clock, which says \(now)."
        case .unknownAuthority:
            "the certificate of \(server.text) was not signed by the given CA."
        case .wrongName: "the certificate of \(server.text) is for another name: \(reason)."
        case .other: "the certificate of \(server.text) is refused: \(reason)."
        }
    }
}

extension KubeconfigFault {
    var words: String {
        switch self {
        case .document(let fault): fault.words
        case .notAMap: "it has no names and values"
        case .wrongKind(let field): "\(field) is not what Kubernetes makes of it"
        case .noContext(""): "it has no current-context; name one of its contexts"
        case .noContext(let name): "it has no context \"\(name)\""
        case .noEntry(let kind, let name): "it has no \(kind) \"\(name)\""
        case .missing(let field): "it has no \(field)"
        case .notAllowed(let field): "\(field) cannot be used on a node; everything must be in it"
        case .notBase64(let field): "\(field) is no base64"
        case .certificate(let error): "client-certificate-data: \(error.words)"
        case .key(let error): "client-key-data: \(error.words)"
        case .otherKey: "client-key-data is not the key of client-certificate-data"
        }
    }
}
