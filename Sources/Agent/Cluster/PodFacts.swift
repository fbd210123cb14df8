/// A pod's namespace and name: a name that another pod may bear later.
struct PodName: Sendable, Hashable, CustomStringConvertible {
    let namespace: String
    let name: String

    var description: String { "\(namespace)/\(name)" }
}

/// What a drain wants to know of a pod.
struct PodFacts: Sendable, Hashable {
    let name: PodName
    /// Of this pod, whoever bears its name later.
    let uid: String
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    var phase: String
    /// Made by the kubelet from a file: the API server only shows it.
    var isMirror: Bool
    /// `DaemonSet`, `ReplicaSet`, ...; empty for a pod that nobody watches over.
    var controller: String
    /// Somebody asked it to end.
    var isEnding: Bool

    /// Nothing of it runs any more.
    var isFinished: Bool { phase == "Succeeded" || phase == "Failed" }

    /// Whether a drain has to do with it. As `kubectl drain --ignore-daemonsets`, but pods that
    /// are finished are left as they are.
    var isInTheWay: Bool { !isMirror && controller != "DaemonSet" && !isFinished }
}

extension PodFacts {
    /// Reads a Pod object; `nil` unless it has a name that Kubernetes takes and a UID.
    init?(_ object: JSONObject) {
        guard let metadata = object.object("metadata"), let name = metadata.text("name"),
            let namespace = metadata.text("namespace"), let uid = metadata.text("uid"),
            KubernetesName.isSubdomain(name), KubernetesName.isSubdomain(namespace), !uid.isEmpty
        else { return nil }
        self.name = PodName(namespace: namespace, name: name)
        self.uid = uid
        phase = object.object("status")?.text("phase") ?? ""
        isMirror = metadata.object("annotations")?.text("kubernetes.io/config.mirror") != nil
        let owner = metadata.objects("ownerReferences").first { $0.flag("controller") == true }
        controller = owner?.text("kind") ?? ""
        isEnding = metadata.text("deletionTimestamp") != nil
    }
}
