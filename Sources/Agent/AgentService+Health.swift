import API
import InitLink
import Slots

extension AgentService {
    func getHealth(
        _ request: Keel_V1_GetHealthRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetHealthResponse {
        var response = Keel_V1_GetHealthResponse()
        response.checks = await makeChecks(in: healthRound())
        response.healthy = response.checks.allSatisfy { $0.passed || !$0.required }
        return response
    }

    /// A round that nothing was asked in, as the configuration wants it.
    func healthRound() async -> HealthRound {
        HealthRound(advisory: (await configuration.state).kept.config.health.advisory)
    }

    /// All of them, made now.
    @discardableResult
    func makeChecks(in round: HealthRound) async -> [Keel_V1_HealthCheck] {
        await round.check("agent", agentAnswers)
        await round.check("disk", diskIsReadable)
        await round.check("state", stateIsWritable)
        await round.check("clock", clockIsRight)
        // On a workbench the network is somebody else's.
        if place.commandLine.state != nil { await round.check("network", isReachable) }
        await checkServices(in: round)
        await probe((await configuration.state).kept.config.health.probes, in: round)
        round.end()
        return round.checks
    }

    typealias Finding = HealthRound.Finding

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
