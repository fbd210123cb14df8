/// How the node presents itself to its cluster.
struct NodeSettings: Sendable, Hashable {
    /// Empty: the host name.
    let name: String
    /// `KEY=VALUE`, sorted.
    let labels: [String]
    /// `KEY=VALUE:EFFECT` or `KEY:EFFECT`, in the order of the request.
    let taints: [String]

    static let countLimit = 64

    /// Checks what the kubelet would refuse when it starts, which is too late.
    ///
    /// Throws `.nodeName`, `.label`, `.reservedLabel`, `.taint` or `.tooMany`.
    init(name: String, labels: [String: String], taints: [String]) throws(BootstrapError) {
        guard name.isEmpty || KubernetesName.isSubdomain(name) else { throw .nodeName(name) }
        guard labels.count <= Self.countLimit else { throw .tooMany("labels", Self.countLimit) }
        guard taints.count <= Self.countLimit else { throw .tooMany("taints", Self.countLimit) }
        for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
            guard KubernetesName.isQualified(key), value.isEmpty || KubernetesName.isWord(value)
            else { throw .label("\(key)=\(value)") }
            guard Self.mayCarry(label: key) else { throw .reservedLabel(key) }
        }
        for taint in taints {
            guard Self.isTaint(taint) else { throw .taint(taint) }
        }
        self.init(
            unchecked: name,
            labels: labels.map { "\($0.key)=\($0.value)" }.sorted(),
            taints: taints
        )
    }

    /// For what was checked before.
    init(unchecked name: String, labels: [String], taints: [String]) {
        self.name = name
        self.labels = labels
        self.taints = taints
    }

    private static func isTaint(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, effects.contains(parts[1]) else { return false }
        let pair = parts[0].split(
            separator: "=",
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard KubernetesName.isQualified(pair[0]) else { return false }
        return pair.count == 1 || pair[1].isEmpty || KubernetesName.isWord(pair[1])
    }

    private static let effects: Set<Substring> = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

    /// Of the labels under `kubernetes.io` and `k8s.io` a kubelet may give itself only these, and
    /// does not start with another. Source: kubelet, `well_known_labels.go`.
    private static func mayCarry(label: String) -> Bool {
        guard let slash = label.firstIndex(of: "/") else { return true }
        let prefix = label[..<slash]
        let isReserved = ["kubernetes.io", "k8s.io"].contains {
            prefix == $0 || prefix.hasSuffix("." + $0)
        }
        guard isReserved else { return true }
        let isOwn = ["kubelet.kubernetes.io", "node.kubernetes.io"].contains {
            prefix == $0 || prefix.hasSuffix("." + $0)
        }
        return isOwn || wellKnown.contains(label)
    }

    private static let wellKnown: Set = [
        "kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch",
        "topology.kubernetes.io/region", "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
        "beta.kubernetes.io/instance-type", "beta.kubernetes.io/os", "beta.kubernetes.io/arch",
    ]
}
