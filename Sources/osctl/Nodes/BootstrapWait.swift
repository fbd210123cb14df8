import API

/// Stays until a node that was just bootstrapped has closed its open door and opened the other, so
/// that the next command is not the one that meets neither.
enum DoorWait {
    private static let limit: Duration = .seconds(30)

    /// Returns when the mutual door is open, or after the limit: the bootstrap itself is done.
    static func run(_ session: NodeSession) async {
        let end = ContinuousClock.now + limit
        while .now < end {
            do throws(CommandError) {
                let stranger = try session.asStranger()
                defer { stranger.close() }
                _ = try await stranger.call { (client) throws(CallFailure) in
                    try await client.getIdentity(.init(), timeout: .seconds(5))
                }
                // Still the open door.
            } catch {
                // No answer for a stranger, and yet somebody shakes hands: that is the other door.
                do throws(CommandError) {
                    _ = try await FirstContact.fingerprint(of: session.endpoint)
                    return
                } catch {}
            }
            await Waiter.rest(.milliseconds(100))
        }
    }
}

/// Stays until a node that was just bootstrapped waits for nothing more.
struct BootstrapWait {
    private let session: NodeSession
    private let deadline: ContinuousClock.Instant
    private let progress: ProgressPrinter

    init(_ session: NodeSession, timeout: Duration) {
        self.session = session
        deadline = .now + timeout
        progress = ProgressPrinter(prefix: session.isAlone ? "" : "\(session.endpoint): ")
    }

    /// From its bootstrap on a node lets in nobody without a certificate, so it takes one to look.
    func run() async throws(CommandError) {
        guard session.hasCredentials else {
            progress.say("The node is bootstrapped; to watch it takes --cert and --key.")
            return
        }
        var said = ""
        while .now < deadline {
            do throws(CommandError) {
                let status = try await session.call { (client) throws(CallFailure) in
                    try await client.getBootstrapStatus(.init(), timeout: NodeSession.patience)
                }
                if status.bootstrapped, status.waitingFor.isEmpty {
                    return sayMissing(status)
                }
                if status.waitingFor != said { progress.say("waits for \(status.waitingFor)") }
                said = status.waitingFor
            } catch .call(let failure, _) where failure.isPassing {
                // The node changes its door; the next look goes through the new one.
            }
            await Waiter.rest(.seconds(1))
        }
        throw .waited(.unknown("the node still waits for \(said.isEmpty ? "its cluster" : said)"))
    }

    /// A cluster's own controllers do not sign a kubelet's serving certificate unasked.
    private func sayMissing(_ status: Keel_V1_GetBootstrapStatusResponse) {
        guard status.nodeReady, !status.clusterCertificate else { return }
        progress.say(
            "The cluster has not signed the node's serving certificate yet: kubectl get csr, "
                + "kubectl certificate approve. Until then the node shows its own."
        )
    }
}
