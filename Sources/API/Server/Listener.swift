import CGRPC
import Synchronization

/// One server of the core: one address, one client CA, the connections made under it.
///
/// It lives until `stop` has ended, whoever else forgets it: the core holds it by its tags.
@safe
final class Listener: Sendable {
    /// What is to be done with a call; `isCurrent` tells whether its client CA is still in force.
    typealias Serve =
        @Sendable (ServedCall, _ isCurrent: @Sendable () -> Bool) async -> Answer

    let port: Int
    // grpc_server*
    private nonisolated(unsafe) let raw: OpaquePointer
    private let queue: CompletionQueue
    private let credentials: ServerCredentials
    private let limits: ServerLimits
    private let calls: ActiveCalls
    private let certificates = SeenCertificates()
    private let serve: Serve
    private let stage = Mutex(Stage.open)
    private let isRetired = Atomic(false)
    private let drained = End()
    private let watching: Task<Void, Never>

    private enum Stage {
        case open
        case stopping
        case over
    }

    /// Calls that may wait to be picked up by the queue's thread.
    private static let expected = 32

    /// Binds `address` ("192.0.2.1:50051") and begins to accept; nil when that fails.
    ///
    /// The address is shared with other listeners, because one takes over from the other when the
    /// client CA changes. So `PortCheck` is asked first whether it is anybody else's.
    init?(
        _ address: String,
        _ credentials: ServerCredentials,
        _ limits: ServerLimits,
        _ serve: @escaping Serve
    ) {
        guard let queue = CompletionQueue("keel-server") else { return nil }
        var arguments = limits.arguments
        arguments[GRPC_ARG_ALLOW_REUSEPORT] = 1
        // Sound: the core copies the arguments. The server is owned by self, and destroyed once,
        // in `finish` or in `abandon`.
        let server = unsafe arguments.withCore { unsafe grpc_server_create($0, nil) }
        guard let raw = unsafe server else {
            queue.shutDown()
            return nil
        }
        // Sound: as above; the core copies the address.
        unsafe grpc_server_register_completion_queue(raw, queue.raw, nil)
        let port = unsafe grpc_server_add_http2_port(raw, address, credentials.raw)
        guard port > 0 else {
            // Sound: it has no listener, no connection and no call.
            unsafe Self.abandon(raw, queue)
            return nil
        }
        // A client that resets its calls makes new ones before we are done with the old.
        let calls = ActiveCalls(atMost: limits.calls, each: 2 * limits.callsPerConnection)
        // Sound: as above.
        unsafe self.raw = raw
        self.queue = queue
        self.port = Int(port)
        self.credentials = credentials
        self.limits = limits
        self.serve = serve
        self.calls = calls
        watching = Task { await calls.watch() }
        // Sound: owned by self.
        unsafe grpc_server_start(raw)
        for _ in 0..<Self.expected { expect() }
    }

    deinit {
        watching.cancel()
    }

    /// Destroys a server that never started.
    private static func abandon(_ raw: OpaquePointer, _ queue: CompletionQueue) {
        // Sound: the address is only used by the tag, once, after the core is done with it.
        nonisolated(unsafe) let server = unsafe raw
        let tag = ClosureTag { _ in
            // Sound: shut down, and nobody else knows it.
            unsafe grpc_server_destroy(server)
            queue.shutDown()
        }
        // Sound: the queue is open, and the tag is given back once.
        unsafe grpc_server_start(raw)
        unsafe grpc_server_shutdown_and_notify(raw, queue.raw, tag.passToCore())
    }

    /// Asks the core for one more call.
    func expect() {
        _ = queue.whileOpen {
            let tag = ArrivalTag(self)
            // Sound: the server is destroyed only after the queue is shut down; the tag owns the
            // memory that the core writes to, and is given back once.
            let address = unsafe tag.passToCore()
            let code = unsafe grpc_server_request_call(
                raw,
                tag.call,
                tag.details,
                tag.metadata,
                queue.raw,
                queue.raw,
                address
            )
            guard code != GRPC_CALL_OK else { return true }
            // Sound: the core did not take it.
            _ = unsafe Tag.takeFromCore(address)
            return false
        }
    }

    /// A call has come, on the queue's thread.
    func arrived(_ call: OpaquePointer, _ path: String) {
        // Sound: the core hands its reference over.
        let wire = unsafe WireCall(taking: call, on: queue)
        let served = ServedCall(CallNumber.next(), path, wire, limits, certificates)
        if let words = calls.add(served) {
            // Held until the core is done with it: who floods us is not worth a task.
            let batch = Batch().sendHeaders().sendStatus(.resourceExhausted, words, nil)
            _ = wire.start(batch, ClosureTag { _ in _ = wire })
            return
        }
        served.begin {
            let answer = await self.serve(served) { !self.isRetired.load(ordering: .acquiring) }
            self.calls.answer(served)
            await served.finish(answer)
            self.calls.remove(served)
        }
    }
}

// The end.
extension Listener {
    /// Takes no connection and serves no call from now on, and ends the streams with `verdict`.
    func retire(_ verdict: CallFailure) {
        isRetired.store(true, ordering: .releasing)
        closeDoor()
        for call in calls.all { call.retire(verdict) }
    }

    /// Closes the door, waits `grace` for the calls, cancels what is left, frees everything.
    func stop(grace: Duration) async {
        closeDoor()
        if !(await drained.wait(atMost: grace)) {
            cancelCalls()
            await drained.wait()
        }
        calls.close()
        // A service that does not listen to its cancellation is left behind; it can do nothing
        // with the wire any more.
        _ = await calls.ended.wait(atMost: .seconds(5))
        finish()
        await queue.ended()
    }

    /// Accepts nothing from its return on; calls under way go on, connections without one are told
    /// to go away.
    func closeDoor() {
        stage.withLock { stage in
            guard stage == .open else { return }
            stage = .stopping
            let tag = ClosureTag { _ in self.drained.reached() }
            // Sound: not destroyed before `over`; the tag is given back once.
            unsafe grpc_server_shutdown_and_notify(raw, queue.raw, tag.passToCore())
        }
    }

    private func cancelCalls() {
        stage.withLock { stage in
            guard stage == .stopping else { return }
            // Sound: not destroyed before `over`.
            unsafe grpc_server_cancel_all_calls(raw)
        }
    }

    private func finish() {
        stage.withLock { stage in
            guard stage == .stopping else { return }
            stage = .over
            watching.cancel()
            queue.shutDown()
            // Sound: shut down and drained; nobody uses it after this line, by `stage`.
            unsafe grpc_server_destroy(raw)
        }
    }
}
