import API
import Slots

/// What the node says of itself on its Node object, besides what the kubelet says.
///
/// Labels are for selecting (`kubectl get nodes -l keelos.io/version=1.2.0`), annotations for
/// reading. Their names are the product's: a node may not set those of `kubernetes.io`.
struct NodeReport: Sendable, Hashable {
    static let domain = "keelos.io/"

    var labels: [String: String] = [:]
    var annotations: [String: String] = [:]

    /// `operation`: the last one of this node, over or not.
    init(_ node: Node, operation: Keel_V1_Operation?) {
        guard let running = node.running else { return }
        let release = node.contents[running].release
        set(label: "slot", running.description)
        set(label: "version", Self.label(release?.version.description ?? ""))
        set(annotation: "digest", release?.digest.hex ?? "")
        set(annotation: "standing", node.standing.word)
        if let operation { set(annotation: "last-operation", operation.reportWords) }
    }

    /// What of it differs from what stands there, to be written; nothing when all of it is true.
    func differences(from labels: [String: String], _ annotations: [String: String]) -> NodeReport?
    {
        var rest = self
        rest.labels = self.labels.filter { labels[$0.key] != $0.value }
        rest.annotations = self.annotations.filter { annotations[$0.key] != $0.value }
        return rest.labels.isEmpty && rest.annotations.isEmpty ? nil : rest
    }

    /// A text as the value of a label: at most 63 letters, digits, `.`, `-` and `_`, the first and
    /// the last a letter or a digit. Source: Kubernetes' "Labels and Selectors".
    static func label(_ text: String) -> String {
        var bytes = text.utf8.prefix(63).map { isLabelByte($0) ? $0 : UInt8(ascii: "_") }
        while let last = bytes.last, !isAlphanumeric(last) { bytes.removeLast() }
        return String(decoding: bytes.drop { !isAlphanumeric($0) }, as: UTF8.self)
    }

    private mutating func set(label name: String, _ value: String) {
        labels[Self.domain + name] = value
    }

    private mutating func set(annotation name: String, _ value: String) {
        annotations[Self.domain + name] = value
    }

    private static func isLabelByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}

extension Standing {
    /// As in an annotation.
    var word: String {
        switch self {
        case .trusted: "trusted"
        case .onTrial: "on-trial"
        case .lastResort: "last-resort"
        }
    }
}

extension Keel_V1_Operation {
    /// "upgrade to 1.3.0 succeeded", with the time at which it ended.
    var reportWords: String {
        let release = version.isEmpty ? "" : " to \(version)"
        let end = isOver ? " at \(Timestamp(seconds: Int(ended)))" : ""
        return "\(kind.word)\(kind == .upgradeLoader ? "" : release) \(state.words)\(end)"
    }
}

extension Keel_V1_Operation.Kind {
    fileprivate var word: String {
        switch self {
        case .upgrade: "upgrade"
        case .activate: "activation"
        case .rollback: "rollback"
        case .upgradeLoader: "loader upgrade"
        case .unspecified, .UNRECOGNIZED: "operation"
        }
    }
}

extension Keel_V1_Operation.State {
    fileprivate var words: String {
        switch self {
        case .pending: "waits"
        case .running: "runs"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "was cancelled"
        case .interrupted: "was interrupted"
        case .unspecified, .UNRECOGNIZED: "is unknown"
        }
    }
}
