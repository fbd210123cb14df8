/// A change of the Node object: what is not named stays as it is.
struct NodePatch: Sendable, Hashable {
    /// The `resourceVersion` the change was decided on: when the object is another one by now,
    /// nothing is changed, and the answer is 409. `nil`: whatever it is.
    var version: String?
    var isUnschedulable: Bool?
    /// A key with `nil` is removed.
    var annotations: [String: String?] = [:]
    /// As above. Of those under `kubernetes.io` a node may give itself only a few.
    var labels: [String: String?] = [:]

    /// A JSON merge patch (RFC 7386), where null removes.
    var json: JSONValue {
        var metadata: [String: JSONValue] = [:]
        if let version { metadata["resourceVersion"] = .text(version) }
        if !annotations.isEmpty { metadata["annotations"] = Self.members(annotations) }
        if !labels.isEmpty { metadata["labels"] = Self.members(labels) }
        var patch: [String: JSONValue] = ["metadata": .object(metadata)]
        if let isUnschedulable {
            patch["spec"] = .object(["unschedulable": isUnschedulable ? .flag(true) : .nothing])
        }
        return .object(patch)
    }

    private static func members(_ values: [String: String?]) -> JSONValue {
        .object(values.mapValues { value in value.map { .text($0) } ?? .nothing })
    }
}
