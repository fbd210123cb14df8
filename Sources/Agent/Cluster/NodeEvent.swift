import Slots
import Trust

/// Something that happened to the node, for `kubectl describe node` and `kubectl get events`.
struct NodeEvent: Sendable, Hashable {
    /// The same for the same event, which is written once however often it is told; no other node's
    /// or event's.
    var mark: String
    /// One word in CamelCase, such as `Upgraded`.
    var reason: String
    /// A sentence; cut at 1024 bytes.
    var message: String
    /// Somebody should look at it.
    var isWarning: Bool
    var time: Timestamp

    /// The API server takes events about Nodes, which are in no namespace, in this one alone.
    static let namespace = "default"
    private static let component = "keel-agent"
    private static let messageLimit = 1024

    /// An Event of `v1`. As the kubelet's own, it names the Node's name for its UID, which is how
    /// `kubectl describe node` looks for it. Source: kubelet.go, `nodeRef`.
    func json(of node: String) -> JSONValue {
        .object([
            "apiVersion": .text("v1"), "kind": .text("Event"),
            "metadata": .object([
                "name": .text(name(of: node)), "namespace": .text(Self.namespace),
            ]),
            "involvedObject": .object([
                "apiVersion": .text("v1"), "kind": .text("Node"), "name": .text(node),
                "uid": .text(node),
            ]),
            "reason": .text(reason), "message": .text(shortened),
            "type": .text(isWarning ? "Warning" : "Normal"),
            "source": .object(["component": .text(Self.component), "host": .text(node)]),
            "firstTimestamp": .text(time.description), "lastTimestamp": .text(time.description),
            "count": .number(1),
        ])
    }

    /// Objects' names have at most 253 bytes, those of nodes too: a digest stands for both.
    private func name(of node: String) -> String {
        let words = Array("\(node)\n\(reason)\n\(mark)".utf8)
        return "keelos.\(OpenSSLHashing().sha256(words.span).hex.prefix(32))"
    }

    private var shortened: String {
        var text = message
        while text.utf8.count > Self.messageLimit { text.removeLast() }
        return text
    }
}
