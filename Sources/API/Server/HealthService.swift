import Synchronization

/// The standard health check, `grpc.health.v1.Health`.
final class HealthService: Sendable {
    private struct State {
        var isServing = true
        var isEnded = false
        var watchers: [UInt64: AsyncStream<Bool>.Continuation] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    func set(_ isServing: Bool) {
        state.withLock { state in
            guard state.isServing != isServing else { return }
            state.isServing = isServing
            for watcher in state.watchers.values { watcher.yield(isServing) }
        }
    }

    /// Tells every watcher that it is over, and ends its stream.
    func end() {
        state.withLock { state in
            state.isServing = false
            state.isEnded = true
            for watcher in state.watchers.values {
                watcher.yield(false)
                watcher.finish()
            }
            state.watchers = [:]
        }
    }

    /// The methods by path.
    func methods(_ limits: ServerLimits) -> [String: Method] {
        [
            "/grpc.health.v1.Health/Check": .unary("Check", limits.request, check),
            "/grpc.health.v1.Health/Watch": .stream("Watch", limits.request, watch),
        ]
    }

    /// Who may watch at the same time. At an open door that is anybody, and calls are bounded.
    static let watchers = 64

    private static let names = ["", Call.service]

    private func check(
        _ request: Grpc_Health_V1_HealthCheckRequest,
        _ call: Call
    ) async throws(CallFailure) -> Grpc_Health_V1_HealthCheckResponse {
        guard Self.names.contains(request.service) else {
            throw CallFailure(.notFound, "there is no service of this name")
        }
        return response(state.withLock { $0.isServing } ? .serving : .notServing)
    }

    private func watch(
        _ request: Grpc_Health_V1_HealthCheckRequest,
        _ call: Call,
        _ send: Sender<Grpc_Health_V1_HealthCheckResponse>
    ) async throws(CallFailure) {
        guard Self.names.contains(request.service) else {
            // It might come one day, so the standard has the stream go on. Ours never will.
            return try await send(response(.serviceUnknown))
        }
        guard let (number, changes) = subscribe() else {
            let words = "\(Self.watchers) clients watch the node's health, as many as it takes"
            throw CallFailure(code: .resourceExhausted, words)
        }
        defer { state.withLock { _ = $0.watchers.removeValue(forKey: number) } }
        for await isServing in changes {
            try await send(response(isServing ? .serving : .notServing))
        }
        if Task.isCancelled { throw .cancelled }
    }

    /// The state now and every later one; who is slow gets the latest alone.
    private func subscribe() -> (UInt64, AsyncStream<Bool>)? {
        let (changes, continuation) = AsyncStream<Bool>.makeStream(
            bufferingPolicy: .bufferingNewest(1)
        )
        return state.withLock { state -> (UInt64, AsyncStream<Bool>)? in
            guard state.watchers.count < Self.watchers else { return nil }
            continuation.yield(state.isServing)
            state.next += 1
            if state.isEnded {
                continuation.finish()
            } else {
                state.watchers[state.next] = continuation
            }
            return (state.next, changes)
        }
    }

    private func response(
        _ status: Grpc_Health_V1_HealthCheckResponse.ServingStatus
    ) -> Grpc_Health_V1_HealthCheckResponse {
        var response = Grpc_Health_V1_HealthCheckResponse()
        response.status = status
        return response
    }
}
