import API
import InitLink
import Slots

extension AgentService {
    func getHealth(
        _ request: Keel_V1_GetHealthRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetHealthResponse {
        var response = Keel_V1_GetHealthResponse()
        response.checks = await healthChecks()
        response.healthy = response.checks.allSatisfy { $0.passed || !$0.required }
        return response
    }

    /// All of them, made now.
    func healthChecks() async -> [Keel_V1_HealthCheck] {
        let health = (await configuration.state).kept.config.health
        let advisory = Set(health.advisory)
        var checks = [
            await check("agent", agentAnswers), await check("disk", diskIsReadable),
            await check("state", stateIsWritable), await check("clock", clockIsRight),
        ]
        // On a workbench the network is somebody else's.
        if place.commandLine.state != nil { checks.append(await check("network", isReachable)) }
        checks += await serviceChecks()
        checks += await probe(health.probes)
        for index in checks.indices {
            // A machine without a time server serves all the same.
            checks[index].required =
                checks[index].name != "clock" && !advisory.contains(checks[index].name)
        }
        return checks
    }

    /// What a check found: a sentence, and whether it is good.
    typealias Finding = (passed: Bool, sentence: String)

    func check(
        _ name: String,
        _ body: () async -> Finding
    ) async -> Keel_V1_HealthCheck {
        let begun = ContinuousClock.now
        let finding = await body()
        var check = Keel_V1_HealthCheck()
        check.name = name
        check.passed = finding.passed
        check.sentence = finding.sentence
        check.duration = (ContinuousClock.now - begun) / .seconds(1)
        return check
    }

    /// Over the door that clients come through: TCP, TLS, and our own certificate. A node that is
    /// starting its pods is slow and well.
    private func agentAnswers() async -> Finding {
        guard let port = port() else { return (false, "The agent does not serve yet.") }
        do throws(CallFailure) {
            let found = try await API.certificate(of: "127.0.0.1:\(port)", timeout: .seconds(15))
            // In the moment between two certificates it may be either.
            guard found == shown.certificate.der || found == identity.certificate.der else {
                return (false, "Somebody else answers on port \(port).")
            }
            return (true, "The agent answers on port \(port).")
        } catch {
            return (false, "The agent does not answer on port \(port): \(error.sentence)")
        }
    }

    private func isReachable() async -> Finding {
        let addresses = host.addresses
        return addresses.isEmpty
            ? (false, "No link has an address: nobody reaches this node.")
            : (true, "The node has \(addresses.joined(separator: ", ")).")
    }

    private func diskIsReadable() async -> Finding {
        do throws(AgentError) {
            let node = try await reader.read().node
            guard node.record != nil else {
                return (false, "Every copy of the boot record is lost.")
            }
            return (true, node.bootSentence)
        } catch {
            return (false, error.sentence)
        }
    }

    private func stateIsWritable() async -> Finding {
        let state = state
        do throws(StateError) {
            try await Offload.run("state") { () throws(StateError) in
                try state.write("health", Array("ok\n".utf8))
                try state.remove("health")
            }
            return (true, "State files can be written.")
        } catch {
            return (false, "\(error.words).")
        }
    }

    private func clockIsRight() async -> Finding {
        do throws(CallFailure) {
            let clock = try await ask { (link) throws(InitFailure) in try link.clock() }
            return clock.isSynchronised
                ? (true, "A time server vouches for the clock.")
                : (false, "No time server vouches for the clock.")
        } catch {
            return (false, error.sentence)
        }
    }
}
