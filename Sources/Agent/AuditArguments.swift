import API
import SwiftProtobuf
import Trust

/// What a request asked for, in words for the audit log.
///
/// Each field that appears is named here, one by one, so that a secret cannot slip in with a new
/// field: join secrets, tokens, kubeconfigs and bearer tokens have no place in this file.
enum AuditArguments {
    static func text(of request: (any SwiftProtobuf.Message)?) -> String {
        switch request {
        case let request as Keel_V1_UpgradeRequest: upgrade(request)
        case let request as Keel_V1_BootstrapRequest: bootstrap(request)
        case let request as Keel_V1_ApplyConfigRequest: config(request)
        case let request as Keel_V1_WatchOperationRequest: words([("id", request.id)])
        case let request as Keel_V1_CancelOperationRequest: words([("id", request.id)])
        case let request as Keel_V1_ActivateRequest:
            words([
                ("request_id", request.requestID), flag("reboot", request.reboot == .now),
                flag("retry_quarantined", request.retryQuarantined),
                flag("allow_downgrade", request.allowDowngrade),
            ])
        case let request as Keel_V1_ConfirmRequest: words([flag("insist", request.insist)])
        case let request as Keel_V1_RollbackRequest:
            words([
                ("request_id", request.requestID), flag("reboot", request.reboot == .now),
                flag("retry_quarantined", request.retryQuarantined),
            ])
        case let request as Keel_V1_UpgradeLoaderRequest:
            words([("request_id", request.requestID), ("path", request.path)])
        case let request as Keel_V1_RebootRequest: words([("why", request.reason)])
        case let request as Keel_V1_ShutdownRequest: words([("why", request.reason)])
        case let request as Keel_V1_StreamLogsRequest:
            words([("service", request.service), flag("follow", request.follow)])
        case let request as Keel_V1_RestartServiceRequest: words([("name", request.name)])
        case let request as Keel_V1_ReadAuditRequest: words([("from", "\(request.from)")])
        default: ""
        }
    }

    private static func upgrade(_ request: Keel_V1_UpgradeRequest) -> String {
        words([
            ("source", SourceText.plain(request.source)), ("digest", request.digest),
            ("request_id", request.requestID), flag("stage_only", request.stageOnly),
            flag("reboot", request.reboot == .now), flag("dry_run", request.dryRun),
            flag("allow_downgrade", request.allowDowngrade),
            flag("retry_quarantined", request.retryQuarantined),
            flag("no_reuse", request.noReuse),
            ("not_before", request.notBefore == 0 ? "" : "\(request.notBefore)"),
            flag("bearer_token", !request.bearerToken.isEmpty),
        ])
    }

    private static func bootstrap(_ request: Keel_V1_BootstrapRequest) -> String {
        let way: [(String, String)] =
            switch request.way {
            case .tokenWithCa(let way):
                [("way", "token and CA"), ("api_server", SourceText.plain(way.apiServer))]
            case .tokenWithHash(let way):
                [
                    ("way", "token and CA hash"), ("api_server", SourceText.plain(way.apiServer)),
                    ("ca_hashes", way.caHashes.joined(separator: ",")),
                ]
            case .kubeconfig(let way): [("way", "kubeconfig"), ("context", way.context)]
            case .clientCa: [("way", "client CA")]
            case nil: []
            }
        return words([("node_name", request.nodeName)] + way)
    }

    private static func config(_ request: Keel_V1_ApplyConfigRequest) -> String {
        switch request.step {
        case .dryRun: words([("step", "dry run")])
        case .apply(let config):
            words([
                ("step", "apply"), ("hostname", config.hostname),
                ("links", config.links.map(\.match).joined(separator: ",")),
                ("try_seconds", "\(request.trySeconds)"),
            ])
        case .confirm(let id): words([("step", "confirm"), ("id", id)])
        case .revert(let id): words([("step", "revert"), ("id", id)])
        case nil: ""
        }
    }

    private static func flag(_ name: String, _ value: Bool) -> (String, String) {
        (name, value ? "yes" : "")
    }

    /// `name=value` for each that has a value.
    private static func words(_ pairs: [(String, String)]) -> String {
        pairs.filter { !$0.1.isEmpty }.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
    }
}

/// Where a release comes from, for people and logs.
enum SourceText {
    /// Without user, password, query and fragment: any of them may hold a secret.
    static func plain(_ source: String) -> String {
        // A path on the node has none of them.
        guard source.firstRange(of: "://") != nil else { return source }
        var text = source.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = text.firstRange(of: "://") else { return String(text) }
        let start = scheme.upperBound
        let end = text[start...].firstIndex(of: "/") ?? text.endIndex
        if let at = text[start..<end].lastIndex(of: "@") {
            text.removeSubrange(start...at)
        }
        return String(text)
    }
}
