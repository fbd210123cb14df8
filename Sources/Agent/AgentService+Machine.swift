import API
import InitLink
import Slots

extension AgentService {
    func reboot(
        _ request: Keel_V1_RebootRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_RebootResponse {
        try requireRest()
        let reason = why(request.reason, call)
        logger.notice("The machine restarts", metadata: ["reason": "\(reason)"])
        try await ask { (link) throws(InitFailure) in try link.reboot(reason: reason) }
        var response = Keel_V1_RebootResponse()
        response.bootID = host.bootID
        return response
    }

    func shutdown(
        _ request: Keel_V1_ShutdownRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ShutdownResponse {
        try requireRest()
        let reason = why(request.reason, call)
        logger.notice("The machine is switched off", metadata: ["reason": "\(reason)"])
        try await ask { (link) throws(InitFailure) in try link.powerOff(reason: reason) }
        return Keel_V1_ShutdownResponse()
    }

    func listServices(
        _ request: Keel_V1_ListServicesRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_ListServicesResponse {
        let services = try await ask { (link) throws(InitFailure) in try link.services() }
        var response = Keel_V1_ListServicesResponse()
        response.services = services.map(Keel_V1_Service.init)
        return response
    }

    func restartService(
        _ request: Keel_V1_RestartServiceRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_RestartServiceResponse {
        let name = request.name
        let service = try await ask { (link) throws(InitFailure) in try link.restart(name) }
        var response = Keel_V1_RestartServiceResponse()
        response.service = Keel_V1_Service(service)
        return response
    }

    /// An operation that writes is not cut off by accident; it would go on after the restart, but
    /// whoever wants that can cancel it first.
    private func requireRest() throws(CallFailure) {
        if let operation = operations.active, operation.state == .running,
            operation.phase != .rebooting
        {
            throw operation.busy
        }
    }

    private func why(_ reason: String, _ call: Call) -> String {
        let subject = clients.subject(of: call)
        return reason.isEmpty ? "asked by \(subject)" : "\(reason) (asked by \(subject))"
    }
}

extension Keel_V1_Service {
    init(_ service: ServiceState) {
        self.init()
        name = service.name
        state = service.condition.rawValue
        pid = Int64(service.pid ?? 0)
        since = service.since
        restarts = service.restarts
        lastExit = service.lastExit
    }
}
