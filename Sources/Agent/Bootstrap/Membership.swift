import Slots
import Trust

/// What a bootstrap gives the node: whom it obeys, and the cluster it belongs to.
struct Membership: Sendable, Hashable {
    /// Certificates that may sign clients', in PEM.
    let clientCA: [UInt8]

    /// `nil` for a node without a cluster.
    let cluster: Cluster?

    let node: NodeSettings

    /// SHA-256 of the request that led here: the same one again changes nothing.
    let request: Digest

    struct Cluster: Sendable, Hashable {
        let server: ServerAddress
        /// Certificates that may sign the API server's, in PEM.
        let authorities: [UInt8]
        let credentials: Credentials
    }

    /// The files of the set, by name.
    var files: [String: [UInt8]] {
        var files = ["clients.crt": clientCA, "node.json": description.encoded]
        guard let cluster else { return files }
        files["ca.crt"] = cluster.authorities
        files[cluster.credentials.fileName] = KubeconfigText.encode(cluster)
        return files
    }

    private var description: NodeDescription {
        NodeDescription(node: node, server: cluster?.server.text ?? "", request: request)
    }
}

/// Who the node is to the API server.
enum Credentials: Sendable, Hashable {
    /// Used only to ask for a certificate.
    case token(JoinToken)
    /// Used as it is: chain and key, both PEM.
    case certificate(chain: [UInt8], key: [UInt8])

    /// `kubelet --bootstrap-kubeconfig` for a token, `kubelet --kubeconfig` for a certificate.
    var fileName: String {
        switch self {
        case .token: "bootstrap-kubeconfig"
        case .certificate: "kubeconfig"
        }
    }
}

/// `node.json`: one flat JSON object, for the agent and for whoever starts the kubelet.
struct NodeDescription: Sendable, Hashable {
    let node: NodeSettings
    /// Empty for a node without a cluster.
    let server: String
    let request: Digest

    init(node: NodeSettings, server: String, request: Digest) {
        self.node = node
        self.server = server
        self.request = request
    }

    /// `nil` unless `encoded` wrote it.
    init?(parsing bytes: [UInt8]) {
        let members: [String: FlatJSON.Value]
        do throws(FlatJSON.Fault) { members = try FlatJSON(parsing: bytes).members } catch {
            return nil
        }
        guard case .number(1) = members["format"], case .text(let name) = members["nodeName"],
            case .list(let labels) = members["labels"], case .list(let taints) = members["taints"],
            case .text(let server) = members["apiServer"],
            case .text(let request) = members["request"], let digest = Digest(hex: request)
        else { return nil }
        node = NodeSettings(unchecked: name, labels: labels, taints: taints)
        self.server = server
        self.request = digest
    }

    /// One member a line.
    var encoded: [UInt8] {
        var object = FlatJSONWriter()
        object.add("format", 1)
        object.add("nodeName", node.name)
        object.add("labels", node.labels)
        object.add("taints", node.taints)
        object.add("apiServer", server)
        object.add("request", request.hex)
        return object.lines(separator: ",\n", open: "{\n", close: "\n}\n")
    }
}
