// Whatever a service does not implement, it says so.
extension NodeService {
    public func getStatus(
        _ request: Keel_V1_GetStatusRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetStatusResponse { throw unimplemented(call) }

    public func getIdentity(
        _ request: Keel_V1_GetIdentityRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetIdentityResponse { throw unimplemented(call) }

    public func bootstrap(
        _ request: Keel_V1_BootstrapRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_BootstrapResponse { throw unimplemented(call) }

    public func getBootstrapStatus(
        _ request: Keel_V1_GetBootstrapStatusRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetBootstrapStatusResponse { throw unimplemented(call) }

    public func upgrade(
        _ request: Keel_V1_UpgradeRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_UpgradeResponse { throw unimplemented(call) }

    public func watchOperation(
        _ request: Keel_V1_WatchOperationRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_WatchOperationResponse>
    ) async throws(CallFailure) { throw unimplemented(call) }

    public func listOperations(
        _ request: Keel_V1_ListOperationsRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ListOperationsResponse { throw unimplemented(call) }

    public func cancelOperation(
        _ request: Keel_V1_CancelOperationRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_CancelOperationResponse { throw unimplemented(call) }

    public func activate(
        _ request: Keel_V1_ActivateRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ActivateResponse { throw unimplemented(call) }

    public func confirm(
        _ request: Keel_V1_ConfirmRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ConfirmResponse { throw unimplemented(call) }

    public func rollback(
        _ request: Keel_V1_RollbackRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_RollbackResponse { throw unimplemented(call) }

    public func upgradeLoader(
        _ request: Keel_V1_UpgradeLoaderRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_UpgradeLoaderResponse { throw unimplemented(call) }

    public func reboot(
        _ request: Keel_V1_RebootRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_RebootResponse { throw unimplemented(call) }

    public func shutdown(
        _ request: Keel_V1_ShutdownRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ShutdownResponse { throw unimplemented(call) }

    public func leaveCluster(
        _ request: Keel_V1_LeaveClusterRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_LeaveClusterResponse { throw unimplemented(call) }

    public func getHealth(
        _ request: Keel_V1_GetHealthRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetHealthResponse { throw unimplemented(call) }

    public func explain(
        _ request: Keel_V1_ExplainRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ExplainResponse { throw unimplemented(call) }

    public func getHistory(
        _ request: Keel_V1_GetHistoryRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetHistoryResponse { throw unimplemented(call) }

    public func getConfig(
        _ request: Keel_V1_GetConfigRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetConfigResponse { throw unimplemented(call) }

    public func applyConfig(
        _ request: Keel_V1_ApplyConfigRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ApplyConfigResponse { throw unimplemented(call) }

    public func streamLogs(
        _ request: Keel_V1_StreamLogsRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_StreamLogsResponse>
    ) async throws(CallFailure) { throw unimplemented(call) }

    public func listServices(
        _ request: Keel_V1_ListServicesRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ListServicesResponse { throw unimplemented(call) }

    public func restartService(
        _ request: Keel_V1_RestartServiceRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_RestartServiceResponse { throw unimplemented(call) }

    public func readAudit(
        _ request: Keel_V1_ReadAuditRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_ReadAuditResponse>
    ) async throws(CallFailure) { throw unimplemented(call) }

    public func supportBundle(
        _ request: Keel_V1_SupportBundleRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_SupportBundleResponse>
    ) async throws(CallFailure) { throw unimplemented(call) }
}

private func unimplemented(_ call: Call) -> CallFailure {
    CallFailure(code: .unimplemented, "this node does not implement \(call.method)")
}
