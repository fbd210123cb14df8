// The streaming calls: `each` is called with one message after the other, and the server waits for
// it. What `each` throws ends the call and is thrown. Without a timeout a stream may last for ever.
extension NodeClient {
    public func watchOperation(
        _ request: Keel_V1_WatchOperationRequest,
        timeout: Duration?,
        _ each: (Keel_V1_WatchOperationResponse) async throws(CallFailure) -> Void
    ) async throws(CallFailure) {
        try await stream("WatchOperation", request, timeout, each)
    }

    public func streamLogs(
        _ request: Keel_V1_StreamLogsRequest,
        timeout: Duration?,
        _ each: (Keel_V1_StreamLogsResponse) async throws(CallFailure) -> Void
    ) async throws(CallFailure) {
        try await stream("StreamLogs", request, timeout, each)
    }

    public func readAudit(
        _ request: Keel_V1_ReadAuditRequest,
        timeout: Duration?,
        _ each: (Keel_V1_ReadAuditResponse) async throws(CallFailure) -> Void
    ) async throws(CallFailure) {
        try await stream("ReadAudit", request, timeout, each)
    }

    public func supportBundle(
        _ request: Keel_V1_SupportBundleRequest,
        timeout: Duration?,
        _ each: (Keel_V1_SupportBundleResponse) async throws(CallFailure) -> Void
    ) async throws(CallFailure) {
        try await stream("SupportBundle", request, timeout, each)
    }
}
