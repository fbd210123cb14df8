import API
import SwiftProtobuf

/// What an operation was asked to do: the request, as it came.
enum Order: Sendable, Equatable {
    case upgrade(Keel_V1_UpgradeRequest)
    case activate(Keel_V1_ActivateRequest)
    case rollback(Keel_V1_RollbackRequest)
    case upgradeLoader(Keel_V1_UpgradeLoaderRequest)

    var kind: Keel_V1_Operation.Kind {
        switch self {
        case .upgrade: .upgrade
        case .activate: .activate
        case .rollback: .rollback
        case .upgradeLoader: .upgradeLoader
        }
    }

    /// Made by the client; empty when it made none.
    var requestID: String {
        switch self {
        case .upgrade(let request): request.requestID
        case .activate(let request): request.requestID
        case .rollback(let request): request.requestID
        case .upgradeLoader(let request): request.requestID
        }
    }

    /// Without user, password or query; empty for what comes from nowhere.
    var source: String {
        switch self {
        case .upgrade(let request): SourceText.plain(request.source)
        case .upgradeLoader(let request): request.path
        case .activate, .rollback: ""
        }
    }

    /// Seconds since 1970; 0: at once.
    var notBefore: Int64 {
        if case .upgrade(let request) = self { request.notBefore } else { 0 }
    }

    var reboots: Bool {
        switch self {
        case .upgrade(let request): request.reboot == .now && !request.stageOnly && !request.dryRun
        case .activate(let request): request.reboot == .now
        case .rollback(let request): request.reboot == .now
        case .upgradeLoader: false
        }
    }

    var isDryRun: Bool {
        if case .upgrade(let request) = self { request.dryRun } else { false }
    }

    /// The same without what must not be written to a disk: a token, and a user, password or query
    /// in the source's URL. Equal to `self` when there is nothing of the kind.
    var withoutSecrets: Order {
        guard case .upgrade(var request) = self else { return self }
        request.bearerToken = ""
        request.source = SourceText.plain(request.source)
        return .upgrade(request)
    }

    var json: [UInt8] {
        get throws {
            switch self {
            case .upgrade(let request): try request.jsonUTF8Bytes()
            case .activate(let request): try request.jsonUTF8Bytes()
            case .rollback(let request): try request.jsonUTF8Bytes()
            case .upgradeLoader(let request): try request.jsonUTF8Bytes()
            }
        }
    }

    init(_ kind: Keel_V1_Operation.Kind, json: [UInt8]) throws {
        switch kind {
        case .upgrade: self = .upgrade(try .init(jsonUTF8Bytes: json))
        case .activate: self = .activate(try .init(jsonUTF8Bytes: json))
        case .rollback: self = .rollback(try .init(jsonUTF8Bytes: json))
        case .upgradeLoader: self = .upgradeLoader(try .init(jsonUTF8Bytes: json))
        case .unspecified, .UNRECOGNIZED: throw OrderError.unknownKind
        }
    }
}

/// A stored operation of a kind that this version does not know.
enum OrderError: Error {
    case unknownKind
}
