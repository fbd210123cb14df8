import SlotsFetch

/// One request to an API server: paths, methods and bodies of Kubernetes 1.20 to 1.34.
struct ClusterRequest: Sendable {
    let act: ClusterAct
    let method: PageRequest.Method
    let path: String
    let content: PageContent?

    /// Of pods in one answer: a pod is some ten kilobytes, and some hundred at worst.
    static let pageSize = 20

    static func node(_ name: String) -> Self {
        Self(act: .readNode, method: .get, path: "/api/v1/nodes/\(name)", content: nil)
    }

    static func patch(_ patch: NodePatch, of node: String) -> Self {
        Self(
            act: .changeNode,
            method: .patch,
            path: "/api/v1/nodes/\(node)",
            content: PageContent(type: "application/merge-patch+json", bytes: patch.json.bytes)
        )
    }

    /// A node may list pods only by this selector, from Kubernetes 1.32 on.
    static func pods(of node: String, from token: String) -> Self {
        let query = "fieldSelector=spec.nodeName%3D\(node)&limit=\(pageSize)"
        let rest = token.isEmpty ? "" : "&continue=\(escaped(token))"
        return Self(
            act: .listPods,
            method: .get,
            path: "/api/v1/pods?\(query)\(rest)",
            content: nil
        )
    }

    /// Only this very pod: another one of its name is not meant.
    static func evict(_ pod: PodFacts, _ version: EvictionVersion) -> Self {
        let body = JSONValue.object([
            "apiVersion": .text(version.rawValue), "kind": .text("Eviction"),
            "metadata": .object([
                "name": .text(pod.name.name), "namespace": .text(pod.name.namespace),
            ]),
            "deleteOptions": .object(["preconditions": .object(["uid": .text(pod.uid)])]),
        ])
        let pods = "/api/v1/namespaces/\(pod.name.namespace)/pods"
        return Self(
            act: .evict(pod.name),
            method: .post,
            path: "\(pods)/\(pod.name.name)/eviction",
            content: PageContent(type: "application/json", bytes: body.bytes)
        )
    }

    static func event(_ event: NodeEvent, of node: String) -> Self {
        Self(
            act: .writeEvent,
            method: .post,
            path: "/api/v1/namespaces/\(NodeEvent.namespace)/events",
            content: PageContent(type: "application/json", bytes: event.json(of: node).bytes)
        )
    }

    /// Fit for a query: everything but letters, digits, `-`, `.`, `_` and `~` as `%XX` (RFC 3986).
    static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
    }
}

/// How an eviction is written: the new way from Kubernetes 1.22 on, the old way at least until
/// then.
enum EvictionVersion: String, Sendable, Hashable {
    case stable = "policy/v1"
    case beta = "policy/v1beta1"

    var other: Self { self == .stable ? .beta : .stable }
}
