import API

/// Tries whether this node can make pods: a sandbox with a network, made and taken away again.
///
/// It costs some tenths of a second of a core, so what was found holds for a while. A node that is
/// starting all its pods at once takes long for it and is well: it is given as long as a kubelet
/// gives the runtime.
actor SandboxProbe {
    typealias Finding = HealthRound.Finding

    /// Source: kubelet(1), `--runtime-request-timeout`.
    private static let patience = Duration.seconds(120)
    /// How long a good finding holds, and a bad one.
    private static let good = Duration.seconds(60)
    private static let bad = Duration.seconds(5)

    private let socket: String
    private let bootID: String
    private var count = 0
    private var last: (finding: Finding, at: ContinuousClock.Instant)?

    init(socket: String, bootID: String) {
        self.socket = socket
        self.bootID = bootID
    }

    /// What was found, now or a short while ago. Who asks while it is tried tries too.
    func finding() async -> Finding {
        if let last, ContinuousClock.now - last.at < (last.finding.passed ? Self.good : Self.bad) {
            return last.finding
        }
        count += 1
        let found: Finding
        do throws(CallFailure) {
            let name = "\(bootID)-\(count)"
            try await RuntimeClient(socket: socket).trySandbox(name, within: Self.patience)
            found = (true, "A pod's sandbox was made and taken away.")
        } catch {
            found = (false, "No pod can be made: \(error.sentence)")
        }
        last = (found, .now)
        return found
    }
}
