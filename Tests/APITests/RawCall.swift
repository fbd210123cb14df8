@testable import API

/// A client that sends whatever bytes a test wants, or fewer than it should.
struct RawClient: Sendable {
    let channel: Channel

    init(_ world: World, _ credentials: ClientCredentials?) throws(CallFailure) {
        let endpoint = try Endpoint(world.endpoint)
        guard
            let security = ChannelCredentials(authorities: nil, credentials, { _ in nil }),
            let channel = Channel(endpoint.target, .node, security)
        else { throw CallFailure(.internal, "no channel") }
        self.channel = channel
    }

    /// How the call ends. Without bytes no request is sent at all; `isOpen`: nor is its end.
    func call(
        _ path: String,
        _ bytes: [UInt8]?,
        isOpen: Bool = false
    ) async -> (code: StatusCode, words: String, detail: [UInt8]?) {
        guard let call = channel.call(path, patience) else { return (.unknown, "no call", nil) }
        defer { channel.forget(call) }
        var batch = Batch().sendHeaders()
        if let bytes { batch = batch.sendMessage(bytes) }
        if !isOpen { batch = batch.sendClose() }
        batch = batch.receiveHeaders().receiveMessage().receiveStatus()
        _ = await call.run(batch)
        return batch.status
    }
}
