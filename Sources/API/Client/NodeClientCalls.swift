// The unary calls: each waits `timeout` at most.
extension NodeClient {
    public func getStatus(
        _ request: Keel_V1_GetStatusRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_GetStatusResponse {
        try await unary("GetStatus", request, timeout)
    }

    public func getIdentity(
        _ request: Keel_V1_GetIdentityRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_GetIdentityResponse {
        try await unary("GetIdentity", request, timeout)
    }

    public func bootstrap(
        _ request: Keel_V1_BootstrapRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_BootstrapResponse {
        try await unary("Bootstrap", request, timeout)
    }

    public func getBootstrapStatus(
        _ request: Keel_V1_GetBootstrapStatusRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_GetBootstrapStatusResponse {
        try await unary("GetBootstrapStatus", request, timeout)
    }

    public func upgrade(
        _ request: Keel_V1_UpgradeRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_UpgradeResponse {
        try await unary("Upgrade", request, timeout)
    }

    public func listOperations(
        _ request: Keel_V1_ListOperationsRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_ListOperationsResponse {
        try await unary("ListOperations", request, timeout)
    }

    public func cancelOperation(
        _ request: Keel_V1_CancelOperationRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_CancelOperationResponse {
        try await unary("CancelOperation", request, timeout)
    }

    public func activate(
        _ request: Keel_V1_ActivateRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_ActivateResponse {
        try await unary("Activate", request, timeout)
    }

    public func confirm(
        _ request: Keel_V1_ConfirmRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_ConfirmResponse {
        try await unary("Confirm", request, timeout)
    }

    public func rollback(
        _ request: Keel_V1_RollbackRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_RollbackResponse {
        try await unary("Rollback", request, timeout)
    }

    public func upgradeLoader(
        _ request: Keel_V1_UpgradeLoaderRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_UpgradeLoaderResponse {
        try await unary("UpgradeLoader", request, timeout)
    }

    public func reboot(
        _ request: Keel_V1_RebootRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_RebootResponse {
        try await unary("Reboot", request, timeout)
    }

    public func shutdown(
        _ request: Keel_V1_ShutdownRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_ShutdownResponse {
        try await unary("Shutdown", request, timeout)
    }

    public func leaveCluster(
        _ request: Keel_V1_LeaveClusterRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_LeaveClusterResponse {
        try await unary("LeaveCluster", request, timeout)
    }

    public func getHealth(
        _ request: Keel_V1_GetHealthRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_GetHealthResponse {
        try await unary("GetHealth", request, timeout)
    }

    public func explain(
        _ request: Keel_V1_ExplainRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_ExplainResponse {
        try await unary("Explain", request, timeout)
    }

    public func getHistory(
        _ request: Keel_V1_GetHistoryRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_GetHistoryResponse {
        try await unary("GetHistory", request, timeout)
    }

    public func getConfig(
        _ request: Keel_V1_GetConfigRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_GetConfigResponse {
        try await unary("GetConfig", request, timeout)
    }

    public func applyConfig(
        _ request: Keel_V1_ApplyConfigRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_ApplyConfigResponse {
        try await unary("ApplyConfig", request, timeout)
    }

    public func listServices(
        _ request: Keel_V1_ListServicesRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_ListServicesResponse {
        try await unary("ListServices", request, timeout)
    }

    public func restartService(
        _ request: Keel_V1_RestartServiceRequest,
        timeout: Duration
    ) async throws(CallFailure) -> Keel_V1_RestartServiceResponse {
        try await unary("RestartService", request, timeout)
    }
}
