import SlotsFetch
import Trust

// What was refused or failed, on what, expected and found. Without the full stop: these words
// stand in other sentences too.

extension ClusterError {
    var sentence: String { words + "." }

    var words: String {
        switch blame {
        case .node: nodeWords
        default: clusterWords
        }
    }

    private var nodeWords: String {
        switch self {
        case .notJoined: "the node has joined no cluster"
        case .membership(let error):
            error.sentence.hasSuffix(".") ? String(error.sentence.dropLast()) : error.sentence
        case .noCertificate(let path):
            "the node has no client certificate yet: the kubelet asks for one and keeps it in "
                + path
        case .file(let path, let error): "\(path) cannot be read: \(error)"
        case .certificate(let path, let error): "\(path) is refused: \(error.words)"
        case .otherKey(let path): "\(path) is refused: its key is not its certificate's"
        case .unusable(let reason): "the API server cannot be asked: \(reason)"
        default: "the API server cannot be asked"
        }
    }

    private var clusterWords: String {
        switch self {
        case .unreachable(let server, let reason):
            "the API server \(server.text) cannot be reached: \(reason)"
        case .silent(let server, let time):
            "the API server \(server.text) did not answer within \(time.components.seconds) s"
        case .broken(let server, let reason):
            "the line to the API server \(server.text) broke: \(reason)"
        case .noTLS(let server, let reason):
            "\(server.text) does not speak TLS 1.2 or 1.3 with this node: \(reason)"
        case .untrusted(let server, let distrust, let reason): distrust.words(server, reason)
        case .refused(let server, let act, let status, let message):
            "the API server \(server.text) does not let this node \(act.words) (status \(status))"
                + Self.tail(message)
        case .answered(let server, let act, let status, let message):
            "asked to let this node \(act.words), the API server \(server.text) answered with "
                + "status \(status)" + Self.tail(message)
        case .malformed(let server, let act):
            "asked to let this node \(act.words), \(server.text) answers, but not as an API "
                + "server does"
        default: "the API server does not answer"
        }
    }

    private static func tail(_ message: String) -> String {
        message.isEmpty ? "" : ": \(message)"
    }
}

extension ClusterAct {
    var words: String {
        switch self {
        case .readNode: "read its Node object"
        case .changeNode: "change its Node object"
        case .listPods: "list its pods"
        case .evict(let pod): "evict \(pod)"
        case .writeEvent: "write an event"
        }
    }
}

extension PageFailure.Distrust {
    fileprivate func words(_ server: ServerAddress, _ reason: String) -> String {
        switch self {
        case .notYetValid:
            "the certificate of \(server.text) is not valid yet by this node's clock"
        case .expired: "the certificate of \(server.text) has expired by this node's clock"
        case .unknownAuthority:
            "the certificate of \(server.text) was not signed by the cluster's CA"
        case .wrongName: "the certificate of \(server.text) is for another name: \(reason)"
        case .other: "the certificate of \(server.text) is refused: \(reason)"
        }
    }
}
