import API
import InitLink
import SlotsFetch

// Whether what makes a machine a node of Kubernetes runs and works.
extension AgentService {
    private static let healthPage = "http://127.0.0.1:10248/healthz"
    /// A node that is starting its pods is slow and well.
    private static let patience = Duration.seconds(10)

    /// What the first process supervises and a node cannot do without. A kubelet that waits for its
    /// bootstrap is not expected to run, and nothing of Kubernetes is asked for then.
    func checkServices(in round: HealthRound) async {
        let services: [ServiceState]
        do throws(CallFailure) {
            services = try await ask { (link) throws(InitFailure) in try link.services() }
        } catch {
            let sentence = error.sentence
            await round.check("services") { (false, sentence) }
            return
        }
        if let runtime = services.first(where: { $0.name == "containerd" }) {
            await round.check("containerd") { await runs(runtime, runtimeAnswers) }
        }
        let kubelet = services.first { $0.name == "kubelet" && $0.condition != .waiting }
        guard let kubelet else { return }
        let works = await round.check("kubelet") { await runs(kubelet, kubeletAnswers) }
        // The kubelet's start brings the image that a sandbox is made of.
        await round.check("sandbox") {
            guard works else { return (false, "No pod is tried before the kubelet answers.") }
            return await sandbox.finding()
        }
        await checkNode(in: round)
    }

    /// A service is good when it runs, and `answers` has nothing to say against it.
    private func runs(_ service: ServiceState, _ answers: () async -> String?) async -> Finding {
        let last = service.lastExit.isEmpty ? "" : ", ended last with \(service.lastExit)"
        let sentence = "\(service.name) is \(service.condition.rawValue)\(last)."
        guard service.condition == .running else { return (false, sentence) }
        guard let trouble = await answers() else { return (true, sentence) }
        return (false, "\(service.name) runs, and \(trouble)")
    }

    private func runtimeAnswers() async -> String? {
        do throws(CallFailure) {
            try await RuntimeClient(socket: place.runtime).checkReady(within: Self.patience)
            return nil
        } catch {
            return error.sentence
        }
    }

    private func kubeletAnswers() async -> String? {
        do throws(PageFailure) {
            let status = try await Offload.run("kubelet") { () throws(PageFailure) in
                try PageFetch.getLocal(Self.healthPage, limit: 4096, timeout: Self.patience).status
            }
            return status == 200 ? nil : "says of itself that it is not healthy (\(status))."
        } catch {
            return "does not answer on \(Self.healthPage)."
        }
    }
}
