import API
import InitLink
import Slots
import SwiftProtobuf
import Trust

extension AgentService {
    func getStatus(
        _ request: Keel_V1_GetStatusRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetStatusResponse {
        var status = Keel_V1_GetStatusResponse()
        do throws(AgentError) {
            let picture = try await reader.read()
            status.describe(picture)
            status.warnings += picture.warnings
            if picture.node.standing == .onTrial { status.trial = try await trial(picture.node) }
        } catch {
            // A node whose disk cannot be read is still asked what it is.
            status.warnings.append(error.sentence)
        }
        status.bootID = host.bootID
        status.machineID = identity.machineID
        status.hostname = host.hostName
        status.uptime = host.uptime
        status.kernel = host.kernel
        status.machineArchitecture = host.architecture
        status.agentVersion = Self.version
        status.clock = await clock()
        status.audit = audit.head.message
        status.bootstrapped = bootstrapper.status().bootstrapped
        if let operation = operations.active { status.operation = operation }
        return status
    }

    func getIdentity(
        _ request: Keel_V1_GetIdentityRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetIdentityResponse {
        let certificate = identity.certificate
        var response = Keel_V1_GetIdentityResponse()
        response.machineID = identity.machineID
        response.certificate = String(decoding: certificate.pem, as: UTF8.self)
        response.fingerprint = identity.fingerprint.hex
        response.notAfter = Int64(certificate.notAfter.seconds)
        if let clientCA = try bootstrapper.clientCA() {
            do {
                response.clientCaFingerprints = try Certificate.chain(pem: clientCA)
                    .map(\.publicKeyHash.hex)
            } catch {
                throw CallFailure(.internal, "the client CA that is in force cannot be read.")
            }
        }
        return response
    }

    func bootstrap(
        _ request: Keel_V1_BootstrapRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_BootstrapResponse {
        let (response, clientCA) = try await bootstrapper.apply(
            request,
            isAuthenticated: call.peer.certificate != nil
        )
        logger.notice(
            "The node was bootstrapped",
            metadata: [
                "by": "\(clients.subject(of: call))",
                "client_ca": "\(response.clientCaFingerprints.joined(separator: " "))",
            ]
        )
        useClientCA(clientCA)
        await restartKubelet(unchanged: response.unchanged)
        return response
    }

    func getBootstrapStatus(
        _ request: Keel_V1_GetBootstrapStatusRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetBootstrapStatusResponse {
        bootstrapper.status()
    }

    /// The files for the kubelet are in place. A machine that runs none is bootstrapped all the
    /// same.
    private func restartKubelet(unchanged: Bool) async {
        guard !unchanged else { return }
        do throws(CallFailure) {
            _ = try await ask { (link) throws(InitFailure) in try link.restart("kubelet") }
        } catch {
            logger.info(
                "The kubelet was not restarted",
                metadata: ["error": "\(error.sentence)"]
            )
        }
    }

    private func trial(_ node: Node) async throws(AgentError) -> Keel_V1_Trial {
        var trial = Keel_V1_Trial()
        if let running = node.running, case .tries(let left) = node.record?[running] {
            trial.attemptsLeft = UInt32(left)
        }
        do throws(CallFailure) {
            let state = try await ask { (link) throws(InitFailure) in try link.trial() }
            if let state {
                trial.attemptsLeft = state.attemptsLeft
                trial.deadline = Int64(Timestamp.now.seconds) + Int64(state.secondsLeft)
            }
        } catch {
            logger.debug("No trial", metadata: ["error": "\(error.sentence)"])
        }
        trial.waitingFor = await healthChecks().filter { $0.required && !$0.passed }.map(\.name)
        return trial
    }

    private func clock() async -> Keel_V1_Clock {
        var message = Keel_V1_Clock()
        message.now = Int64(Timestamp.now.seconds)
        do throws(CallFailure) {
            let clock = try await ask { (link) throws(InitFailure) in try link.clock() }
            message.synchronised = clock.isSynchronised
        } catch {
            message.synchronised = false
        }
        return message
    }
}

extension AuditChain.Head {
    var message: Keel_V1_AuditHead {
        var message = Keel_V1_AuditHead()
        message.count = UInt64(count)
        message.hash = hash.hex
        return message
    }
}
