/// How the kubelet is started: a pure function of the versions of kubelet and containerd, and of
/// what the node was told.
///
/// Source: kubelet's `options.go` and `KubeletConfiguration` v1beta1 of 1.20 to 1.34; containerd's
/// table of CRI versions.
struct KubeletPlan: Sendable, Hashable {
    /// Without the program's name.
    let arguments: [String]
    let environment: [String]
    /// `KubeletConfiguration`, YAML.
    let configuration: String

    /// What is asked for cannot run together.
    enum Misfit: Error, Sendable, Hashable {
        case old(RuntimeVersion)
        case pair(kubelet: RuntimeVersion, containerd: RuntimeVersion)

        var sentence: String {
            switch self {
            case .old(let kubelet):
                "kubelet \(kubelet) is older than 1.20, the oldest that is known"
            case .pair(let kubelet, let containerd) where containerd.major >= 2:
                "kubelet \(kubelet) speaks CRI v1alpha2 only, which containerd \(containerd) no "
                    + "longer does; with it goes kubelet 1.23 or later"
            case .pair(let kubelet, let containerd):
                "kubelet \(kubelet) speaks CRI v1 only, which containerd \(containerd) does not; "
                    + "with it goes kubelet 1.25 or earlier"
            }
        }
    }

    /// What a node was told, by its bootstrap and its configuration.
    struct Node: Sendable, Hashable {
        /// Empty: the host's.
        var name = ""
        /// `KEY=VALUE`, sorted.
        var labels: [String] = []
        /// `KEY=VALUE:EFFECT`.
        var taints: [String] = []
        /// The folder of the membership in force.
        var folder: String
        /// With a token: the kubelet asks for a certificate of its own first.
        var hasToken: Bool
        /// 0: the kubelet's own default.
        var maxPods = 0
        var clusterDNS = "10.96.0.10"
        var clusterDomain = "cluster.local"
        var systemReserved: [String: String] = [:]
    }

    static let socket = "unix:///run/containerd/containerd.sock"
    static let configurationFile = "/run/keel/kubelet.yaml"
    static let home = "/var/lib/kubelet"
    static let sandboxImage = "registry.k8s.io/pause:3.2"

    init(
        kubelet: RuntimeVersion,
        containerd: RuntimeVersion,
        node: Node
    ) throws(Misfit) {
        guard kubelet >= RuntimeVersion(1, 20) else { throw .old(kubelet) }
        let speaksNew = kubelet >= RuntimeVersion(1, 23)
        let speaksOld = kubelet < RuntimeVersion(1, 26)
        guard speaksNew || containerd.major < 2, speaksOld || containerd >= RuntimeVersion(1, 6)
        else { throw .pair(kubelet: kubelet, containerd: containerd) }
        arguments = Self.arguments(kubelet, containerd, node)
        // A cloud's metadata service is asked for a registry's password otherwise, and waited for.
        environment = ["AWS_EC2_METADATA_DISABLED=true"]
        configuration = Self.lines(kubelet, node).joined(separator: "\n") + "\n"
    }

    private static func arguments(
        _ kubelet: RuntimeVersion,
        _ containerd: RuntimeVersion,
        _ node: Node
    ) -> [String] {
        var arguments = ["--config=\(configurationFile)"]
        if node.hasToken {
            arguments += [
                "--bootstrap-kubeconfig=\(node.folder)/bootstrap-kubeconfig",
                "--kubeconfig=\(home)/kubeconfig",
            ]
        } else {
            arguments.append("--kubeconfig=\(node.folder)/kubeconfig")
        }
        arguments.append("--cert-dir=\(home)/pki")
        if kubelet < RuntimeVersion(1, 24) { arguments.append("--container-runtime=remote") }
        if kubelet < RuntimeVersion(1, 27) {
            arguments.append("--container-runtime-endpoint=\(socket)")
        }
        // Or the sandbox's image is removed when the disk is full. A later containerd pins it, a
        // later kubelet minds that, and the latest have no such option.
        let isPinned = containerd >= RuntimeVersion(1, 7) && kubelet >= RuntimeVersion(1, 27)
        if !isPinned, kubelet < RuntimeVersion(1, 35) {
            arguments.append("--pod-infra-container-image=\(sandboxImage)")
        }
        if !node.name.isEmpty { arguments.append("--hostname-override=\(node.name)") }
        if !node.labels.isEmpty {
            arguments.append("--node-labels=" + node.labels.joined(separator: ","))
        }
        if !node.taints.isEmpty {
            arguments.append("--register-with-taints=" + node.taints.joined(separator: ","))
        }
        return arguments
    }

    private static func lines(_ kubelet: RuntimeVersion, _ node: Node) -> [String] {
        var lines = [
            "apiVersion: kubelet.config.k8s.io/v1beta1",
            "kind: KubeletConfiguration",
            "authentication:",
            "  anonymous:",
            "    enabled: false",
            "  webhook:",
            "    enabled: true",
            "  x509:",
            "    clientCAFile: \(node.folder)/ca.crt",
            "authorization:",
            "  mode: Webhook",
            "readOnlyPort: 0",
            "rotateCertificates: true",
            "serverTLSBootstrap: true",
            "tlsMinVersion: VersionTLS12",
            "protectKernelDefaults: true",
            "cgroupDriver: cgroupfs",
            "resolvConf: /etc/resolv.conf",
            "staticPodPath: /etc/kubernetes/manifests",
            "volumePluginDir: \(home)/volumeplugins",
            "clusterDomain: \(node.clusterDomain)",
            "clusterDNS:",
            "- \"\(node.clusterDNS)\"",
        ]
        if kubelet >= RuntimeVersion(1, 25) { lines.append("seccompDefault: true") }
        if kubelet >= RuntimeVersion(1, 27) { lines.append("containerRuntimeEndpoint: \(socket)") }
        if node.maxPods > 0 { lines.append("maxPods: \(node.maxPods)") }
        if !node.systemReserved.isEmpty {
            lines.append("systemReserved:")
            lines += node.systemReserved.sorted { $0.key < $1.key }.map {
                "  \($0.key): \"\($0.value)\""
            }
        }
        return lines
    }
}
