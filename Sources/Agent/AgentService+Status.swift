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
        let certificate = shown.certificate
        var response = Keel_V1_GetIdentityResponse()
        response.machineID = identity.machineID
        response.certificate = String(decoding: shown.chain, as: UTF8.self)
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
        var response = bootstrapper.status()
        response.clusterCertificate = shown.isClusters
        guard bootstrapper.membership != nil, response.waitingFor.isEmpty,
            place.commandLine.state != nil
        else { return response }
        response.waitingFor = await joining() ?? ""
        response.nodeReady = response.waitingFor.isEmpty
        return response
    }

    /// The next step on the way into the cluster; `nil` when the node is Ready.
    private func joining() async -> String? {
        do throws(CallFailure) {
            let services = try await ask { (link) throws(InitFailure) in try link.services() }
            guard let kubelet = services.first(where: { $0.name == "kubelet" }) else {
                return "a kubelet: this release has none."
            }
            guard kubelet.condition == .running else {
                let last = kubelet.lastExit.isEmpty ? "" : ", ended last with \(kubelet.lastExit)"
                return "the kubelet, which is \(kubelet.condition.rawValue)\(last)."
            }
        } catch {
            return error.sentence
        }
        do throws(ClusterError) {
            let found = Self.judge(try await cluster.node(), bootID: host.bootID)
            return found.passed ? nil : "the cluster. \(found.sentence)"
        } catch .noCertificate {
            return "the cluster to sign the kubelet's client certificate (kubectl get csr)."
        } catch .answered(_, .readNode, 404, _) {
            return "the kubelet to register the node."
        } catch {
            return "\(error.words)."
        }
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
        if let names = awaited.names {
            trial.waitingFor = names
        } else {
            trial.waitingFor = await makeChecks(in: healthRound())
                .filter { $0.required && !$0.passed }.map(\.name)
        }
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
