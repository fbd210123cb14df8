import SwiftProtobuf
import Synchronization

/// One call on the server's side: its wire, its task, and what it waits for.
final class ServedCall: Sendable {
    let id: UInt64
    let path: String
    /// The address at its other end, as the core writes it.
    let connection: String
    let begun = ContinuousClock.now
    private let wire: WireCall
    private let limits: ServerLimits
    private let certificates: SeenCertificates
    private let state = Mutex(State())

    private struct State {
        var task: Task<Void, Never>?
        var isStream = false
        /// Of a stream: whether it may go on.
        var review: (@Sendable () throws(CallFailure) -> Void)?
        var hasHeaders = false
        var request: (any Message)?
        /// Set when somebody else than the service decides how the call ends.
        var verdict: CallFailure?
        var isCancelled = false
        /// What the client is expected to do, and by when.
        var patience: (what: Wait, until: ContinuousClock.Instant)?
    }

    private enum Wait {
        case request
        case room
    }

    init(
        _ id: UInt64,
        _ path: String,
        _ wire: WireCall,
        _ limits: ServerLimits,
        _ certificates: SeenCertificates
    ) {
        self.id = id
        self.path = path
        self.wire = wire
        self.limits = limits
        self.certificates = certificates
        connection = wire.peerURI
    }

    var peer: Peer {
        Peer(uri: connection, certificate: wire.peerCertificate.flatMap(certificates.decoded))
    }

    var request: (any Message)? { state.withLock { $0.request } }

    /// Runs `body` as the call's task, and watches for the client's going away.
    func begin(_ body: @escaping @Sendable () async -> Void) {
        // Calls arrive on the queue's thread, which belongs to no task: this one stands alone.
        let task = Task { await body() }
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
        let close = Batch().receiveClose()
        let tag = ClosureTag { _ in
            if close.wasCancelled { self.cancel(nil) }
        }
        if !wire.start(close, tag) { cancel(nil) }
    }

    /// Cancels the task; with a verdict, that is how the call ends.
    func cancel(_ verdict: CallFailure?) {
        let task = state.withLock { state in
            state.isCancelled = true
            state.verdict = state.verdict ?? verdict
            return state.task
        }
        task?.cancel()
    }

    /// Ends a stream because the client CA is no longer the one it was opened under. A unary call
    /// that was admitted may finish: it may be the one that changed the CA.
    func retire(_ verdict: CallFailure) {
        if state.withLock({ $0.isStream }) { cancel(verdict) }
    }

    /// Asks the gate once more about a stream.
    func review() {
        let review = state.withLock { $0.isCancelled ? nil : $0.review }
        guard let review else { return }
        do { try review() } catch { cancel(error) }
    }

    /// Ends the call at once when its client has let it wait for too long.
    func checkPatience(_ now: ContinuousClock.Instant) {
        let late = state.withLock { state -> Wait? in
            guard let patience = state.patience, patience.until < now else { return nil }
            return patience.what
        }
        switch late {
        case .request: wire.cancel(.deadlineExceeded, "no request came")
        case .room: wire.cancel(.deadlineExceeded, "the stream was not read")
        case nil: break
        }
    }

    private func wait(for what: Wait?, _ limit: Duration) {
        state.withLock { $0.patience = what.map { ($0, .now + limit) } }
    }
}

// What the service's method reads and writes.
extension ServedCall {
    /// `review`: what the gate says when it is asked again.
    func markAsStream(_ review: @escaping @Sendable () throws(CallFailure) -> Void) {
        state.withLock { state in
            state.isStream = true
            state.review = review
        }
    }

    /// How somebody else than the service decided that the call ends.
    var verdict: CallFailure? { state.withLock { $0.verdict } }

    /// The call's one request, within its limits.
    func receive<Request: Checked>(_ limit: Int) async throws(CallFailure) -> Request {
        let batch = Batch().receiveMessage()
        wait(for: .request, limits.requestWait)
        let isHere = await wire.run(batch)
        wait(for: nil, .zero)
        guard isHere else { throw ending ?? .cancelled }
        guard let bytes = batch.takeMessage() else {
            throw CallFailure(.badRequest, "the call came without a request")
        }
        guard bytes.count <= limit else {
            let sentence = "the request has \(bytes.count) bytes, at most \(limit) are taken"
            throw CallFailure(.badRequest, sentence)
        }
        let request: Request
        do {
            var options = BinaryDecodingOptions()
            options.discardUnknownFields = true
            request = try Request(serializedBytes: bytes, options: options)
        } catch {
            throw CallFailure(.badRequest, "the request is not a message of this method")
        }
        state.withLock { $0.request = request }
        try request.check()
        return request
    }

    /// One message of a stream; returns when flow control has taken it.
    func send(_ message: some Message) async throws(CallFailure) {
        let bytes = try encode(message)
        if let ending { throw ending }
        let batch = Batch()
        if needsHeaders() { _ = batch.sendHeaders() }
        wait(for: .room, limits.sendWait)
        let isTaken = await wire.run(batch.sendMessage(bytes))
        wait(for: nil, .zero)
        if !isTaken { throw ending ?? .cancelled }
    }

    func encode(_ message: some Message) throws(CallFailure) -> [UInt8] {
        let bytes: [UInt8]
        do { bytes = try message.serializedBytes() } catch {
            throw CallFailure(.internal, "the answer could not be encoded")
        }
        guard bytes.count <= limits.response else {
            let found = "the answer has \(bytes.count) bytes"
            throw CallFailure(.internal, "\(found), at most \(limits.response) are sent")
        }
        return bytes
    }

    /// How the call must end whatever the service says; nil while it may go on.
    var ending: CallFailure? {
        state.withLock { $0.verdict ?? ($0.isCancelled ? .cancelled : nil) }
    }

    /// Sends what is left to send, and the status.
    func finish(_ answer: Answer) async {
        let batch = Batch()
        if needsHeaders() { _ = batch.sendHeaders() }
        if let failure = answer.failure {
            var told = failure.detail
            told.sentence = failure.sentence
            let sentence = ErrorTrailer.cut(told.sentence, to: ErrorTrailer.messageLimit)
            let detail = ErrorTrailer.encode(told)
            _ = batch.sendStatus(failure.code, sentence, detail)
        } else {
            if let bytes = answer.bytes { _ = batch.sendMessage(bytes) }
            _ = batch.sendStatus(.ok, "", nil)
        }
        wait(for: .room, limits.sendWait)
        // False when the client is gone: nobody is left to be told.
        _ = await wire.run(batch)
        wait(for: nil, .zero)
    }

    private func needsHeaders() -> Bool {
        state.withLock { state in
            defer { state.hasHeaders = true }
            return !state.hasHeaders
        }
    }
}
