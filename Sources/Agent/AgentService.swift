import API
import InitLink
import Logging
import Slots

/// Answers the RPCs of the node. Each group of them has a file of its own.
///
/// Holds no state: what the node is lives in its parts, and most of it on the disk.
struct AgentService: NodeService {
    static let version = "0.1.0"

    let place: Place
    let host: HostFacts
    let identity: Identity
    let shown: ShownIdentity
    let bootstrapper: Bootstrapper
    let operations: Operations
    let reader: NodeReader
    let configuration: Configuration
    let audit: AuditLog
    let clients: Clients
    let initLink: any Init
    let state: StateFolder
    let logger: Logger
    let attempts: Attempts
    let awaited = Awaited()
    let sandbox: SandboxProbe
    let cluster: ClusterClient
    /// The port that this agent serves on, once it does.
    let port: @Sendable () -> Int?
    /// Called after a bootstrap, with the client CA that is in force from now on.
    let useClientCA: @Sendable ([UInt8]) -> Void

    /// Asks the first process, on a thread that may wait.
    func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (any Init) throws(InitFailure) -> Answer
    ) async throws(CallFailure) -> Answer {
        let initLink = initLink
        do throws(InitFailure) {
            return try await Offload.run("init") { () throws(InitFailure) in
                try question(initLink)
            }
        } catch {
            throw CallFailure(error)
        }
    }

    /// The disk as it is now.
    func picture() async throws(CallFailure) -> NodePicture {
        do { return try await reader.read() } catch { throw CallFailure(error) }
    }

    /// Tells operations how many tries the configuration gives a new release.
    func noteAttempts() async { attempts.value = await configuration.attempts }
}
