import SwiftProtobuf

/// A client's side of the API: one node, one connection that comes and goes as needed.
///
/// May be used by many tasks at once. Cancelling a task cancels its call.
public final class NodeClient: Sendable {
    private let endpoint: Endpoint
    private let hasCredentials: Bool
    private let channel: Channel

    /// Does not connect yet: the first call does.
    ///
    /// Throws `.invalidArgument` when the endpoint is no `HOST:PORT`, or what should be PEM is not.
    public convenience init(
        endpoint: String,
        trust: ServerTrust,
        credentials: ClientCredentials?
    ) throws(CallFailure) {
        let place = try Endpoint(endpoint)
        var authorities: [UInt8]?
        if case .authorities(let certificates) = trust {
            guard PEM.firstCertificate(in: certificates) != nil else {
                throw CallFailure(.badRequest, "the authorities are no certificates in PEM")
            }
            authorities = certificates
        }
        try self.init(place, authorities, credentials, trust.check(for: place))
    }

    init(
        _ endpoint: Endpoint,
        _ authorities: [UInt8]?,
        _ credentials: ClientCredentials?,
        _ check: @escaping ServerCheck
    ) throws(CallFailure) {
        if let credentials, PEM.firstCertificate(in: credentials.certificate) == nil {
            throw CallFailure(.badRequest, "the client's certificate is none in PEM")
        }
        guard let security = ChannelCredentials(authorities: authorities, credentials, check),
            let channel = Channel(endpoint.target, .node, security)
        else { throw CallFailure(.internal, "a client could not be made") }
        self.endpoint = endpoint
        hasCredentials = credentials != nil
        self.channel = channel
    }

    deinit { channel.close() }

    /// Ends the calls under way and the connection. Later calls fail.
    public func close() { channel.close() }

    /// The standard health check: whether the node says that it serves.
    public func checkHealth(timeout: Duration) async throws(CallFailure) -> Bool {
        let path = "/grpc.health.v1.Health/Check"
        let response: Grpc_Health_V1_HealthCheckResponse = try await call(
            path,
            Grpc_Health_V1_HealthCheckRequest(),
            timeout
        )
        return response.status == .serving
    }

    func unary<Response: Message>(
        _ name: String,
        _ request: some Message,
        _ timeout: Duration
    ) async throws(CallFailure) -> Response {
        try await call("/\(API.Call.service)/\(name)", request, timeout)
    }

    private func call<Response: Message>(
        _ path: String,
        _ request: some Message,
        _ timeout: Duration
    ) async throws(CallFailure) -> Response {
        let bytes = try encode(request)
        guard let answer = await channel.ask(path, bytes, timeout) else { throw Self.closed }
        guard answer.code == .ok else {
            throw failure(answer.code, answer.words, answer.detail, timeout)
        }
        guard let message = answer.message else {
            throw CallFailure(.internal, "the node answered without a message")
        }
        return try decode(message)
    }

    func stream<Response: Message>(
        _ name: String,
        _ request: some Message,
        _ timeout: Duration?,
        _ each: (Response) async throws(CallFailure) -> Void
    ) async throws(CallFailure) {
        let bytes = try encode(request)
        guard let call = channel.call("/\(API.Call.service)/\(name)", timeout) else {
            throw Self.closed
        }
        defer { channel.forget(call) }
        // Under way for the whole call: a call that fails ends by this batch.
        let status = Batch().receiveStatus()
        let ended = End()
        guard call.start(status, ClosureTag { _ in ended.reached() }) else { throw Self.closed }
        let opening = Batch().sendHeaders().sendMessage(bytes).sendClose().receiveHeaders()
        await call.runCancellably(opening)
        while let answer = await next(call) {
            do {
                try await each(try decode(answer))
            } catch {
                call.cancel()
                await ended.wait()
                throw error
            }
        }
        await ended.wait()
        let (code, words, detail) = status.status
        guard code == .ok else { throw failure(code, words, detail, timeout) }
    }

    private func next(_ call: WireCall) async -> [UInt8]? {
        let batch = Batch().receiveMessage()
        return await call.runCancellably(batch) ? batch.takeMessage() : nil
    }

    private func encode(_ request: some Message) throws(CallFailure) -> [UInt8] {
        do { return try request.serializedBytes() } catch {
            throw CallFailure(.badRequest, "the request could not be encoded")
        }
    }

    private func decode<Response: Message>(_ bytes: [UInt8]) throws(CallFailure) -> Response {
        do { return try Response(serializedBytes: bytes) } catch {
            throw CallFailure(.internal, "the node's answer is not a message of this method")
        }
    }

    private func failure(
        _ code: StatusCode,
        _ words: String,
        _ detail: [UInt8]?,
        _ timeout: Duration?
    ) -> CallFailure {
        if let detail = detail.flatMap(ErrorTrailer.decode) {
            return CallFailure(code: code, detail)
        }
        // The core's word for a call that came while the node closed the connection. Nobody here
        // has cancelled anything: the call may be made again.
        let isOurs = Task.isCancelled || !channel.isOpen
        let code = code == .cancelled && !isOurs ? .unavailable : code
        let trouble = ConnectionTrouble(
            code: code,
            words: words,
            place: "\(endpoint.host):\(endpoint.port)",
            hasCredentials: hasCredentials,
            timeout: timeout
        )
        return CallFailure(code: code, trouble.sentence)
    }

    private static let closed = CallFailure(code: .unavailable, "this client is closed")
}
