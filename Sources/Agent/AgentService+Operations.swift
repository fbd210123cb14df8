import API
import InitLink
import Slots
import SlotsDisk

extension AgentService {
    func upgrade(
        _ request: Keel_V1_UpgradeRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_UpgradeResponse {
        guard ["http://", "https://", "/"].contains(where: { request.source.hasPrefix($0) }) else {
            throw CallFailure(
                .badRequest,
                "the source is refused: expected an http or https URL or a path on the node."
            )
        }
        try requireDrainable(request)
        var response = Keel_V1_UpgradeResponse()
        (response.operation, response.joined) = try await start(.upgrade(request), call)
        return response
    }

    func activate(
        _ request: Keel_V1_ActivateRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ActivateResponse {
        var response = Keel_V1_ActivateResponse()
        response.operation = try await start(.activate(request), call).operation
        return response
    }

    func rollback(
        _ request: Keel_V1_RollbackRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_RollbackResponse {
        var response = Keel_V1_RollbackResponse()
        response.operation = try await start(.rollback(request), call).operation
        return response
    }

    func upgradeLoader(
        _ request: Keel_V1_UpgradeLoaderRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_UpgradeLoaderResponse {
        var response = Keel_V1_UpgradeLoaderResponse()
        response.operation = try await start(.upgradeLoader(request), call).operation
        return response
    }

    func watchOperation(
        _ request: Keel_V1_WatchOperationRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_WatchOperationResponse>
    ) async throws(CallFailure) {
        for await operation in try operations.watch(request.id) {
            var response = Keel_V1_WatchOperationResponse()
            response.operation = operation
            try await send(response)
        }
    }

    func listOperations(
        _ request: Keel_V1_ListOperationsRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ListOperationsResponse {
        var response = Keel_V1_ListOperationsResponse()
        response.operations = operations.list()
        return response
    }

    func cancelOperation(
        _ request: Keel_V1_CancelOperationRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_CancelOperationResponse {
        var response = Keel_V1_CancelOperationResponse()
        response.operation = try operations.cancel(request.id)
        return response
    }

    func confirm(
        _ request: Keel_V1_ConfirmRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ConfirmResponse {
        let place = place
        let (result, node) = try await operations.exclusively { () throws(AgentError) in
            let bench = try Bench(place, writing: true)
            let engine = try bench.openEngine()
            do throws(UpdateError) {
                return (try engine.confirm(operatorInsists: request.insist), try engine.node())
            } catch {
                throw .update(error)
            }
        }
        var response = Keel_V1_ConfirmResponse()
        let slot: Slot
        switch result {
        case .confirmed(let confirmed): slot = confirmed
        case .alreadyTrusted(let trusted):
            slot = trusted
            response.unchanged = true
        }
        response.slot = slot.description
        response.version = node.contents[slot].release?.version.description ?? ""
        return response
    }

    func getHistory(
        _ request: Keel_V1_GetHistoryRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetHistoryResponse {
        let limit = request.limit == 0 ? 1000 : min(1000, Int(request.limit))
        let folder = place.history
        let lines: [[UInt8]]
        do throws(AgentError) {
            lines = try await Offload.run("history") { () throws(AgentError) in
                do throws(HistoryError) {
                    return try HistoryFile(inFolder: folder).lines()
                } catch {
                    throw .history(error)
                }
            }
        } catch {
            throw CallFailure(error)
        }
        var response = Keel_V1_GetHistoryResponse()
        response.entries = lines.compactMap(HistoryEntry.init(parsing:)).suffix(limit)
            .map(Keel_V1_HistoryEntry.init)
        return response
    }

    /// Writing a state file may wait for the disk.
    private func start(
        _ order: Order,
        _ call: Call
    ) async throws(CallFailure) -> (operation: Keel_V1_Operation, joined: Bool) {
        let (operations, subject) = (operations, clients.subject(of: call))
        return try await Offload.run("start") { () throws(CallFailure) in
            try operations.start(order, by: subject)
        }
    }
}

extension Keel_V1_HistoryEntry {
    init(_ entry: HistoryEntry) {
        self.init()
        time = Int64(entry.moment.time?.seconds ?? 0)
        bootID = entry.moment.bootID ?? ""
        event = entry.event.rawValue
        slot = entry.slot.description
        version = entry.version
        digest = entry.digest.hex
        reason = entry.reason?.rawValue ?? ""
    }
}
