import Slots

/// What the agent wants to know of its Node object.
struct ClusterNode: Sendable, Hashable {
    /// Whether the kubelet says that the node takes part.
    struct Ready: Sendable, Hashable {
        /// `True`, `False`, or `Unknown` when the cluster has not heard of it for a while.
        var status: String
        var reason: String
        var message: String
        /// `nil` when it is missing or no time.
        var heartbeat: Timestamp?
    }

    struct Taint: Sendable, Hashable {
        var key: String
        var value: String
        var effect: String
    }

    struct Address: Sendable, Hashable {
        /// `InternalIP`, `ExternalIP`, `Hostname`, ...
        var kind: String
        var address: String
    }

    var name: String
    /// `resourceVersion`: changes with every change of the object.
    var version: String
    /// No new pods are sent here.
    var isUnschedulable = false
    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]
    var taints: [Taint] = []
    var addresses: [Address] = []
    /// Of the boot in which the kubelet last wrote its status; empty before it did.
    var bootID = ""
    /// `v1.31.2`; empty before the kubelet wrote its status.
    var kubeletVersion = ""
    /// `nil` before the kubelet wrote its status.
    var ready: Ready?
}

extension ClusterNode {
    /// Reads a Node object; `nil` for anything else.
    init?(_ object: JSONObject) {
        guard object.text("kind") == "Node", let metadata = object.object("metadata"),
            let name = metadata.text("name"), let version = metadata.text("resourceVersion")
        else { return nil }
        self.name = name
        self.version = version
        labels = metadata.object("labels")?.allTexts ?? [:]
        annotations = metadata.object("annotations")?.allTexts ?? [:]
        let spec = object.object("spec")
        isUnschedulable = spec?.flag("unschedulable") ?? false
        taints = (spec?.objects("taints") ?? []).map { taint in
            Taint(
                key: taint.text("key") ?? "",
                value: taint.text("value") ?? "",
                effect: taint.text("effect") ?? ""
            )
        }
        let status = object.object("status")
        let system = status?.object("nodeInfo")
        bootID = system?.text("bootID") ?? ""
        kubeletVersion = system?.text("kubeletVersion") ?? ""
        addresses = (status?.objects("addresses") ?? []).map { address in
            Address(kind: address.text("type") ?? "", address: address.text("address") ?? "")
        }
        let condition = status?.objects("conditions").first { $0.text("type") == "Ready" }
        ready = condition.map { condition in
            Ready(
                status: condition.text("status") ?? "",
                reason: condition.text("reason") ?? "",
                message: condition.text("message") ?? "",
                heartbeat: condition.text("lastHeartbeatTime").flatMap { Timestamp($0) }
            )
        }
    }
}
