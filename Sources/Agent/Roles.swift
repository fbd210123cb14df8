import API
import Trust

/// What a client may do, from the organisations of its certificate and one table.
///
/// Deny by default: a method that does not stand here is allowed to nobody.
enum Roles {
    /// The least role for each method. The bare names are those of `NodeService`.
    static let least: [String: Keel_V1_Role] = [
        "GetStatus": .reader,
        "GetIdentity": .reader,
        "Bootstrap": .admin,
        "GetBootstrapStatus": .reader,
        "Upgrade": .operator,
        "WatchOperation": .reader,
        "ListOperations": .reader,
        "CancelOperation": .operator,
        "Activate": .operator,
        "Confirm": .operator,
        "Rollback": .operator,
        "UpgradeLoader": .admin,
        "Reboot": .operator,
        "Shutdown": .admin,
        "LeaveCluster": .admin,
        "GetHealth": .reader,
        "GetHistory": .reader,
        "Explain": .reader,
        "GetConfig": .reader,
        "ApplyConfig": .admin,
        "StreamLogs": .reader,
        "ListServices": .reader,
        "RestartService": .operator,
        "ReadAudit": .admin,
        "SupportBundle": .operator,
        "grpc.health.v1.Health/Check": .reader,
        "grpc.health.v1.Health/Watch": .reader,
    ]

    /// What anybody may call before the node has a client CA.
    static let unbootstrapped: Set<String> = [
        "GetStatus", "GetIdentity", "Bootstrap", "GetBootstrapStatus",
    ]

    private static let health: Set<String> = [
        "grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch",
    ]

    private static let organisations: [String: Keel_V1_Role] = [
        "keelos:reader": .reader,
        "keelos:operator": .operator,
        "keelos:admin": .admin,
        "system:masters": .admin,
    ]

    /// The highest role that one of the organisations gives; `nil` when none gives any.
    static func role(of organisations: [String]) -> Keel_V1_Role? {
        organisations.compactMap { Self.organisations[$0] }.max { $0.rawValue < $1.rawValue }
    }

    /// Throws unless anybody may call `method` before bootstrap.
    static func requireOpen(_ method: String) throws(CallFailure) {
        guard unbootstrapped.contains(method) || health.contains(method) else {
            throw CallFailure(
                .notBootstrapped,
                "\(method) is refused: this node has no client CA yet; bootstrap it first."
            )
        }
    }

    /// Throws unless a client with these organisations may call `method`.
    static func require(_ method: String, for organisations: [String]) throws(CallFailure) {
        let role = role(of: organisations)
        guard let least = least[method] else {
            throw denial("\(method) is refused: no rule allows it.", needed: .unspecified)
        }
        guard let role else {
            throw denial(
                "\(method) is refused: the certificate names no role of KeelOS; it needs the "
                    + "organisation keelos:\(least.word).",
                needed: least
            )
        }
        guard role.rawValue >= least.rawValue else {
            throw denial(
                "\(method) is refused: it needs the role \(least.word), the certificate gives "
                    + "\(role.word).",
                needed: least
            )
        }
    }

    private static func denial(_ sentence: String, needed: Keel_V1_Role) -> CallFailure {
        var detail = Keel_V1_ErrorDetail()
        detail.reason = .denied
        detail.sentence = sentence
        detail.needed = needed
        return CallFailure(detail)
    }
}

extension Keel_V1_Role {
    var word: String {
        switch self {
        case .reader: "reader"
        case .operator: "operator"
        case .admin: "admin"
        case .unspecified, .UNRECOGNIZED: "unknown"
        }
    }
}
