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

    func leaveCluster(
        _ request: Keel_V1_LeaveClusterRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_LeaveClusterResponse {
        try requireRest()
        let server = bootstrapper.status().apiServer
        guard !server.isEmpty else {
            throw CallFailure(.nothingToDo, "the node belongs to no cluster. Nothing was changed.")
        }
        try await requireSettled()
        let reason = "leaves the cluster at \(server), asked by \(clients.subject(of: call))"
        logger.notice("The machine restarts", metadata: ["reason": "\(reason)"])
        let (state, word) = (state, Self.leaving)
        do throws(StateError) {
            try await Offload.run("leave") { () throws(StateError) in
                try state.write(word, Array("\(server)\n".utf8))
            }
        } catch {
            throw CallFailure(.disk, "\(error.words). The node stays in its cluster.")
        }
        do throws(CallFailure) {
            try await ask { (link) throws(InitFailure) in try link.reboot(reason: reason) }
        } catch {
            // Or it would leave at a restart that somebody asks for later.
            do throws(StateError) { try state.remove(word) } catch {
                logger.error("The node leaves at the next boot: \(error.words)")
            }
            throw error
        }
        var response = Keel_V1_LeaveClusterResponse()
        response.bootID = host.bootID
        response.apiServer = server
        return response
    }

    /// Read by the first process when it starts the machine.
    static let leaving = "leaves-cluster"

    /// A restart takes a try from a trial, and only the first process of a node takes things away.
    private func requireSettled() async throws(CallFailure) {
        guard place.commandLine.state != nil else {
            throw CallFailure(
                .noInit,
                "this machine was not started as a node: nothing takes its part in the cluster "
                    + "away. Nothing was changed."
            )
        }
        let picture = try await picture()
        guard picture.node.standing == .trusted else {
            throw CallFailure(
                .notSettled,
                "a node leaves its cluster from a trusted slot. Nothing was changed. "
                    + picture.node.bootSentence
            )
        }
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
