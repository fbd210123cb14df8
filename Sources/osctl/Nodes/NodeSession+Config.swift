import API

extension NodeSession {
    func apply(
        _ request: Keel_V1_ApplyConfigRequest
    ) async throws(CommandError) -> Keel_V1_ApplyConfigResponse {
        try await call { (client) throws(CallFailure) in
            try await client.applyConfig(request, timeout: .seconds(60))
        }
    }

    /// The ID of the try that waits for its confirmation.
    func waitingTry() async throws(CommandError) -> String {
        let config = try await call { (client) throws(CallFailure) in
            try await client.getConfig(.init(), timeout: Self.patience)
        }
        guard config.hasPending else {
            throw .call(CallFailure(.configTry, "no configuration is being tried"))
        }
        return config.pending.id
    }

    /// Confirms over the new settings: a node that changes its addresses is silent for a moment.
    func confirm(_ id: String) async throws(CommandError) -> Keel_V1_ApplyConfigResponse {
        var request = Keel_V1_ApplyConfigRequest()
        request.step = .confirm(id)
        var left = 10
        while true {
            do throws(CommandError) { return try await apply(request) } catch {
                left -= 1
                guard case .call(let failure, _) = error, failure.isPassing, left > 0 else {
                    throw error
                }
            }
            await Waiter.rest(.seconds(2))
        }
    }
}
