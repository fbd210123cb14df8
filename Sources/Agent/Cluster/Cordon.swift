/// Whether a node is cordoned for an operation, and by whom it was. Pure.
///
/// An annotation says whose cordon it is, and is written and removed in the same patch as the
/// cordon itself: without it the cordon is an administrator's and is left alone.
///
/// | unschedulable | annotation | before a drain | afterwards |
/// |--|--|--|--|
/// | no | none | cordon and annotate | nothing |
/// | no | any | cordon and annotate | remove the annotation |
/// | yes | none | somebody else's: nothing | nothing |
/// | yes | this operation's | nothing | uncordon and remove the annotation |
/// | yes | another operation's | annotate anew | uncordon and remove the annotation |
enum Cordon: Sendable, Hashable {
    case patch(NodePatch)
    case isOurs
    case isOthers

    /// Its value is the operation's id.
    static let mark = "keelos.io/cordoned-by-upgrade"

    /// What must be done so that the node is cordoned.
    init(of node: ClusterNode, for operation: String) {
        let owner = node.annotations[Self.mark]
        if node.isUnschedulable, owner == nil {
            self = .isOthers
        } else if node.isUnschedulable, owner == operation {
            self = .isOurs
        } else {
            // Bound to what was read: a cordon that comes between the two is not overwritten.
            self = .patch(
                NodePatch(
                    version: node.version,
                    isUnschedulable: true,
                    annotations: [Self.mark: operation]
                )
            )
        }
    }

    /// What takes our cordon away; `nil` when there is none.
    static func undo(_ node: ClusterNode) -> NodePatch? {
        guard node.annotations[mark] != nil else { return nil }
        return NodePatch(
            version: node.version,
            isUnschedulable: false,
            annotations: [mark: nil as String?]
        )
    }
}
