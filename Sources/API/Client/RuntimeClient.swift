import SwiftProtobuf

/// Asks the container runtime of this machine how it is, over its socket.
///
/// Source: k8s.io/cri-api, `runtime.v1.RuntimeService/Status`.
public struct RuntimeClient: Sendable {
    private let socket: String

    /// `socket`: the path of the one it listens on.
    public init(socket: String) { self.socket = socket }

    /// Returns when the runtime says that it is ready for containers.
    ///
    /// Throws `.unavailable` with a sentence that says what is the matter. Whether pods can have
    /// addresses is not asked: no network plugin is configured before a node is part of a cluster.
    public func checkReady(within timeout: Duration) async throws(CallFailure) {
        guard let security = ChannelCredentials.forThisMachine(),
            let channel = Channel("unix:\(socket)", security),
            let request = try? Runtime_V1_StatusRequest().serializedBytes() as [UInt8],
            let answer = await channel.ask("/runtime.v1.RuntimeService/Status", request, timeout)
        else { throw CallFailure(.internal, "a client could not be made") }
        channel.close()
        switch answer.code {
        case .ok: break
        case .deadlineExceeded: throw Self.failure("does not answer on \(socket) in time")
        case .unavailable: throw Self.failure("cannot be reached on \(socket)")
        default: throw Self.failure("answers: \(ErrorTrailer.cut(answer.words, to: 200))")
        }
        guard let bytes = answer.message,
            let status = try? Runtime_V1_StatusResponse(serializedBytes: bytes).status,
            let ready = status.conditions.first(where: { $0.type == "RuntimeReady" })
        else { throw Self.failure("does not say whether it is ready") }
        guard ready.status else {
            let why = ErrorTrailer.cut("\(ready.reason): \(ready.message)", to: 200)
            throw Self.failure("is not ready: \(why)")
        }
    }

    private static func failure(_ words: String) -> CallFailure {
        CallFailure(code: .unavailable, "the container runtime \(words)")
    }
}
