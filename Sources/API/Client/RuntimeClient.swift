import SwiftProtobuf

/// Asks the container runtime of this machine how it is, over its socket, and tries it.
///
/// Source: k8s.io/cri-api, `runtime.v1.RuntimeService`.
public struct RuntimeClient: Sendable {
    private let socket: String

    /// `socket`: the path of the one it listens on.
    public init(socket: String) { self.socket = socket }

    /// Returns when the runtime says that it is ready for containers.
    ///
    /// Throws `.unavailable` with a sentence that says what is the matter. Whether pods can have
    /// addresses is not asked: no network plugin is configured before a node is part of a cluster.
    public func checkReady(within timeout: Duration) async throws(CallFailure) {
        let channel = try open()
        defer { channel.close() }
        let bytes = try await ask("Status", Runtime_V1_StatusRequest(), timeout, channel)
        guard let status = try? Runtime_V1_StatusResponse(serializedBytes: bytes).status,
            let ready = status.conditions.first(where: { $0.type == "RuntimeReady" })
        else { throw Self.failure("does not say whether it is ready") }
        guard ready.status else {
            let why = ErrorTrailer.cut("\(ready.reason): \(ready.message)", to: 200)
            throw Self.failure("is not ready: \(why)")
        }
    }

    /// Makes the sandbox of a pod, with an address, and takes it away again.
    ///
    /// `name` tells it from others; the pod is nobody's, and the kubelet would clear it away.
    /// `timeout` is for all of it.
    ///
    /// Throws `.unavailable` with a sentence that says what is the matter.
    public func trySandbox(_ name: String, within timeout: Duration) async throws(CallFailure) {
        let end = ContinuousClock.now + timeout
        let channel = try open()
        defer { channel.close() }
        var run = Runtime_V1_RunPodSandboxRequest()
        run.config.metadata.name = "keel-probe"
        run.config.metadata.namespace = "keel-system"
        run.config.metadata.uid = name
        run.config.hostname = "keel-probe"
        run.config.linux.cgroupParent = "/keel-probe"
        let bytes = try await ask("RunPodSandbox", run, timeout, channel)
        guard let made = try? Runtime_V1_RunPodSandboxResponse(serializedBytes: bytes),
            !made.podSandboxID.isEmpty
        else { throw Self.failure("does not name the sandbox it made") }
        var stop = Runtime_V1_StopPodSandboxRequest()
        stop.podSandboxID = made.podSandboxID
        _ = try await ask("StopPodSandbox", stop, end - .now, channel)
        var remove = Runtime_V1_RemovePodSandboxRequest()
        remove.podSandboxID = made.podSandboxID
        _ = try await ask("RemovePodSandbox", remove, end - .now, channel)
    }

    private func open() throws(CallFailure) -> Channel {
        guard let security = ChannelCredentials.forThisMachine(),
            let channel = Channel("unix:\(socket)", .neighbour, security)
        else { throw CallFailure(.internal, "a client could not be made") }
        return channel
    }

    private func ask(
        _ method: String,
        _ request: some Message,
        _ timeout: Duration,
        _ channel: Channel
    ) async throws(CallFailure) -> [UInt8] {
        let path = "/runtime.v1.RuntimeService/\(method)"
        guard let bytes = try? request.serializedBytes() as [UInt8],
            let answer = await channel.ask(path, bytes, timeout)
        else { throw CallFailure(.internal, "a client could not be made") }
        switch answer.code {
        case .ok: break
        case .deadlineExceeded: throw Self.failure("does not answer on \(socket) in time")
        case .unavailable: throw Self.failure("cannot be reached on \(socket)")
        default: throw Self.failure("answers: \(ErrorTrailer.cut(answer.words, to: 200))")
        }
        return answer.message ?? []
    }

    private static func failure(_ words: String) -> CallFailure {
        CallFailure(code: .unavailable, "the container runtime \(words)")
    }
}
