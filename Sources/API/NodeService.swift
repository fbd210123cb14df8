/// What a node does: one method for each RPC of `node.proto`, whose comments say what each does.
///
/// A request has passed its limits (`Limits.swift`), and the gate has admitted the call. A method's
/// task is cancelled when the client is gone or its deadline is over. A streaming method ends its
/// stream by returning. Whatever is not implemented answers UNIMPLEMENTED.
public protocol NodeService: Sendable {
    func getStatus(
        _ request: Keel_V1_GetStatusRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetStatusResponse

    func getIdentity(
        _ request: Keel_V1_GetIdentityRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetIdentityResponse

    func bootstrap(
        _ request: Keel_V1_BootstrapRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_BootstrapResponse

    func getBootstrapStatus(
        _ request: Keel_V1_GetBootstrapStatusRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetBootstrapStatusResponse

    func upgrade(
        _ request: Keel_V1_UpgradeRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_UpgradeResponse

    func watchOperation(
        _ request: Keel_V1_WatchOperationRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_WatchOperationResponse>
    ) async throws(CallFailure)

    func listOperations(
        _ request: Keel_V1_ListOperationsRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ListOperationsResponse

    func cancelOperation(
        _ request: Keel_V1_CancelOperationRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_CancelOperationResponse

    func activate(
        _ request: Keel_V1_ActivateRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ActivateResponse

    func confirm(
        _ request: Keel_V1_ConfirmRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ConfirmResponse

    func rollback(
        _ request: Keel_V1_RollbackRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_RollbackResponse

    func upgradeLoader(
        _ request: Keel_V1_UpgradeLoaderRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_UpgradeLoaderResponse

    func reboot(
        _ request: Keel_V1_RebootRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_RebootResponse

    func shutdown(
        _ request: Keel_V1_ShutdownRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ShutdownResponse

    func leaveCluster(
        _ request: Keel_V1_LeaveClusterRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_LeaveClusterResponse

    func getHealth(
        _ request: Keel_V1_GetHealthRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetHealthResponse

    func explain(
        _ request: Keel_V1_ExplainRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ExplainResponse

    func getHistory(
        _ request: Keel_V1_GetHistoryRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetHistoryResponse

    func getConfig(
        _ request: Keel_V1_GetConfigRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetConfigResponse

    func applyConfig(
        _ request: Keel_V1_ApplyConfigRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ApplyConfigResponse

    func streamLogs(
        _ request: Keel_V1_StreamLogsRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_StreamLogsResponse>
    ) async throws(CallFailure)

    func listServices(
        _ request: Keel_V1_ListServicesRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ListServicesResponse

    func restartService(
        _ request: Keel_V1_RestartServiceRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_RestartServiceResponse

    func readAudit(
        _ request: Keel_V1_ReadAuditRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_ReadAuditResponse>
    ) async throws(CallFailure)

    func supportBundle(
        _ request: Keel_V1_SupportBundleRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_SupportBundleResponse>
    ) async throws(CallFailure)
}
