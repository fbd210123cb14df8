// The limits of each request, in the order of `node.proto`. A request without fields has none.
extension Keel_V1_GetStatusRequest: Checked {
    func check() throws(CallFailure) {}
}
extension Keel_V1_GetIdentityRequest: Checked {
    func check() throws(CallFailure) {}
}
extension Keel_V1_GetBootstrapStatusRequest: Checked {
    func check() throws(CallFailure) {}
}

extension Keel_V1_UpgradeRequest: Checked {
    func check() throws(CallFailure) {
        try Limits.url(source, "source", ["http://", "https://", "/"])
        try Limits.digest(digest, "digest")
        try Limits.known(reboot, "reboot")
        try Limits.number(drain.timeout, "drain.timeout", in: 0...86400)
        try Limits.number(notBefore, "not_before", in: 0...Int.max)
        try Limits.request(requestID)
        try Limits.certificates(sourceCa, "source_ca")
        try Limits.text(bearerToken, "bearer_token")
    }
}

extension Keel_V1_WatchOperationRequest: Checked {
    func check() throws(CallFailure) {
        if !id.isEmpty { try Limits.operation(id, "id") }
    }
}
extension Keel_V1_ListOperationsRequest: Checked {
    func check() throws(CallFailure) {}
}
extension Keel_V1_CancelOperationRequest: Checked {
    func check() throws(CallFailure) { try Limits.operation(id, "id") }
}

extension Keel_V1_ActivateRequest: Checked {
    func check() throws(CallFailure) {
        try Limits.known(reboot, "reboot")
        try Limits.request(requestID)
    }
}
extension Keel_V1_ConfirmRequest: Checked {
    func check() throws(CallFailure) {}
}
extension Keel_V1_RollbackRequest: Checked {
    func check() throws(CallFailure) {
        try Limits.known(reboot, "reboot")
        try Limits.request(requestID)
    }
}
extension Keel_V1_UpgradeLoaderRequest: Checked {
    func check() throws(CallFailure) {
        if !path.isEmpty { try Limits.url(path, "path", ["/"]) }
        try Limits.request(requestID)
    }
}

extension Keel_V1_RebootRequest: Checked {
    func check() throws(CallFailure) { try Limits.text(reason, "reason") }
}
extension Keel_V1_ShutdownRequest: Checked {
    func check() throws(CallFailure) { try Limits.text(reason, "reason") }
}

extension Keel_V1_LeaveClusterRequest: Checked {
    func check() throws(CallFailure) {}
}

extension Keel_V1_GetHealthRequest: Checked {
    func check() throws(CallFailure) {}
}
extension Keel_V1_GetHistoryRequest: Checked {
    func check() throws(CallFailure) { try Limits.number(limit, "limit", in: 0...1000) }
}
extension Keel_V1_ExplainRequest: Checked {
    func check() throws(CallFailure) {
        try Limits.number(boots, "boots", in: 0...16)
        try Limits.number(lines, "lines", in: 0...1000)
    }
}
extension Keel_V1_GetConfigRequest: Checked {
    func check() throws(CallFailure) {}
}

extension Keel_V1_StreamLogsRequest: Checked {
    func check() throws(CallFailure) {
        try Limits.name(service, "service")
        try Limits.number(since, "since", in: 0...Int.max)
        try Limits.known(level, "level")
        try Limits.number(tail, "tail", in: 0...1_000_000)
    }
}
extension Keel_V1_ListServicesRequest: Checked {
    func check() throws(CallFailure) {}
}
extension Keel_V1_RestartServiceRequest: Checked {
    func check() throws(CallFailure) { try Limits.name(name, "name") }
}

extension Keel_V1_ReadAuditRequest: Checked {
    func check() throws(CallFailure) {}
}
extension Keel_V1_SupportBundleRequest: Checked {
    func check() throws(CallFailure) {}
}

extension Grpc_Health_V1_HealthCheckRequest: Checked {
    func check() throws(CallFailure) { try Limits.text(service, "service") }
}
