import API
import InitLink
import Slots

// The health gate at work. Only on a machine whose boot loader said that this boot is a trial: a
// disk on a workbench and a plain host decide nothing, and a boot as the last resort never
// confirms itself.

extension AgentService {
    private static let pause = Duration.seconds(2)
    /// The first process ends the trial at the deadline itself; the agent is first, because it can
    /// say why.
    private static let margin = Duration.seconds(10)

    /// Watches the running trial until it is over; returns at once when there is none.
    func watchTrial() async {
        guard place.commandLine.state?.hasPrefix("trial") == true, await isLimited() else { return }
        var gate = await makeGate()
        var rounds = HealthRounds()
        var said: [String] = []
        defer { awaited.names = nil }
        while !Task.isCancelled {
            guard await isOnTrial() else { return }
            let findings = await makeRound(&rounds, until: gate.deadline)
            switch gate.weigh(findings, now: .seconds(host.uptime)) {
            case .wait(let names):
                awaited.names = names
                guard names != said else { break }
                said = names
                tellAwaited(findings.filter { names.contains($0.name) })
            case .confirm: if !(await confirmTrial()) { gate.resume() }
            case .reject(let check, let why): if !(await rejectTrial(check, why)) { gate.resume() }
            }
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    /// What every check found last, when the round is over or at `end`, since the kernel started: a
    /// check that is still being made then keeps nobody from saying what the others found.
    private func makeRound(
        _ rounds: inout HealthRounds,
        until end: Duration
    ) async -> [HealthGate.Finding] {
        let round: HealthRound
        if let running = rounds.running {
            round = running
        } else {
            round = await healthRound()
            Task { await makeChecks(in: round) }
        }
        await round.wait(atMost: max(.zero, end - .seconds(host.uptime)))
        return rounds.learn(round)
    }

    /// For whoever reads why a trial ended that the first process had to end.
    private func tellAwaited(_ findings: [HealthGate.Finding]) {
        guard !findings.isEmpty else { return logger.notice("The release passes every check") }
        let reasons = findings.map { "\($0.name): \($0.sentence)" }
        logger.notice(
            "The release is not healthy yet",
            metadata: ["checks": "\(reasons.joined(separator: "; "))"]
        )
    }

    /// Whether the first process limits this trial: where nobody does, nobody decides it. Asked
    /// until it is answered.
    private func isLimited() async -> Bool {
        while !Task.isCancelled {
            do throws(CallFailure) {
                return try await ask { (link) throws(InitFailure) in try link.trial() } != nil
            } catch {
                do { try await Task.sleep(for: Self.pause) } catch { return false }
            }
        }
        return false
    }

    /// From the kept configuration, with the defaults that the API documents.
    private func makeGate() async -> HealthGate {
        let config = (await configuration.state).kept.config
        let steady = config.health.steady == 0 ? 10 : Int(config.health.steady)
        let deadline = config.trial.deadline == 0 ? 600 : Int(config.trial.deadline)
        let end = Duration.seconds(deadline) - Self.margin
        let patience = Int(config.health.clusterPatience)
        let excuses = patience == 0 ? end : min(.seconds(patience), end)
        return HealthGate(
            steady: .seconds(steady),
            deadline: end,
            patience: config.health.needsCluster ? nil : excuses
        )
    }

    /// A disk that cannot be read says nothing: its check fails, and the deadline decides.
    private func isOnTrial() async -> Bool {
        do throws(AgentError) {
            let picture = try await reader.read()
            return picture.why != .offline && picture.node.standing == .onTrial
        } catch {
            return true
        }
    }

    /// False when it is worth another attempt.
    private func confirmTrial() async -> Bool {
        let place = place
        do throws(CallFailure) {
            let result = try await operations.exclusively { () throws(AgentError) in
                let engine = try Bench(place, writing: true).openEngine()
                do throws(UpdateError) { return try engine.confirm() } catch {
                    throw .update(error)
                }
            }
            logger.notice("The release is healthy and trusted", metadata: ["result": "\(result)"])
            return true
        } catch {
            logger.error(
                "The release is healthy, and could not be confirmed",
                metadata: ["error": "\(error.sentence)"]
            )
            return false
        }
    }

    /// Writes the verdict, then restarts the machine. False when it is worth another attempt.
    private func rejectTrial(_ check: String, _ why: String) async -> Bool {
        let place = place
        logger.critical(
            "The release is unhealthy",
            metadata: ["check": "\(check)", "why": "\(why)"]
        )
        do throws(CallFailure) {
            try await operations.exclusively { () throws(AgentError) in
                let engine = try Bench(place, writing: true).openEngine()
                do throws(UpdateError) { try engine.reject(.unhealthy) } catch {
                    throw .update(error)
                }
            }
            try await ask { (link) throws(InitFailure) in
                try link.reboot(reason: "unhealthy: \(check): \(why)")
            }
            return true
        } catch {
            logger.critical(
                "The release is unhealthy, and could not be given up",
                metadata: ["error": "\(error.sentence)"]
            )
            return false
        }
    }
}
