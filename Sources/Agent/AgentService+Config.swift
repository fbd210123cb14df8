import API
import Slots

extension AgentService {
    func getConfig(
        _ request: Keel_V1_GetConfigRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetConfigResponse {
        let (kept, pending) = await configuration.state
        var response = Keel_V1_GetConfigResponse()
        response.config = kept.config
        response.generation = UInt64(kept.generation)
        if let pending { response.pending = pending }
        return response
    }

    func applyConfig(
        _ request: Keel_V1_ApplyConfigRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ApplyConfigResponse {
        var response = Keel_V1_ApplyConfigResponse()
        let subject = clients.subject(of: call)
        switch request.step {
        case .dryRun(let config): response.diff = try await configuration.dryRun(config)
        case .apply(let config):
            response.diff = try await configuration.attempt(
                config,
                by: subject,
                seconds: request.trySeconds,
                expected: request.expectedGeneration,
                now: .now
            )
        case .confirm(let id): try await configuration.confirm(id, by: subject, now: .now)
        case .revert(let id): try await configuration.revert(id, now: .now)
        case nil: throw CallFailure(.badRequest, "the request names no step.")
        }
        await noteAttempts()
        let (kept, pending) = await configuration.state
        response.generation = UInt64(kept.generation)
        if let pending { response.pending = pending }
        return response
    }
}
