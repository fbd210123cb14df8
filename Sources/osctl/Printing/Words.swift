import API

// One word for each value of the API, as tables show it.

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

extension Keel_V1_Why {
    var word: String {
        switch self {
        case .preferred: "preferred"
        case .trial: "on trial"
        case .fallback: "fell back"
        case .lastResort: "last resort"
        case .offline: "not booted from this disk"
        case .unspecified, .UNRECOGNIZED: "unknown"
        }
    }
}

extension Keel_V1_Standing {
    var word: String {
        switch self {
        case .trusted: "trusted"
        case .onTrial: "on trial"
        case .lastResort: "last resort"
        case .unspecified, .UNRECOGNIZED: "unknown"
        }
    }
}

extension Keel_V1_Operation.Kind {
    var word: String {
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
    var word: String {
        switch self {
        case .pending: "pending"
        case .running: "running"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .interrupted: "interrupted"
        case .unspecified, .UNRECOGNIZED: "unknown"
        }
    }
}

extension Keel_V1_Operation.Phase {
    var word: String {
        switch self {
        case .waiting: "waiting"
        case .verifying: "verifying"
        case .scanning: "scanning"
        case .writing: "writing"
        case .proving: "proving"
        case .activating: "activating"
        case .draining: "draining"
        case .rebooting: "rebooting"
        case .done: "done"
        case .unspecified, .UNRECOGNIZED: "-"
        }
    }
}

extension Keel_V1_LogLevel {
    var word: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        case .unspecified, .UNRECOGNIZED: "-"
        }
    }
}
