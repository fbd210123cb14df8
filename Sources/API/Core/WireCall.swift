import CGRPC
import Synchronization

/// One call of the core, on either side. Every batch goes through here.
@safe
final class WireCall: Sendable {
    // grpc_call*
    private nonisolated(unsafe) let raw: OpaquePointer
    private let queue: CompletionQueue
    /// The core wants the batches of one call to be started one at a time.
    private let gate = Mutex(())

    /// Takes over the reference to `raw`.
    init(taking raw: OpaquePointer, on queue: CompletionQueue) {
        // Sound: the one reference, given back in deinit.
        unsafe self.raw = raw
        self.queue = queue
    }

    deinit {
        // Sound: nothing is under way: a batch holds its tag, and whoever waits for it holds this.
        unsafe grpc_call_unref(raw)
    }

    /// Ends the call at once, whatever it waits for. May be called at any time, from anywhere.
    func cancel() {
        // Sound: held by this object.
        _ = unsafe grpc_call_cancel(raw, nil)
    }

    /// Ends the call with a status of our own.
    func cancel(_ code: StatusCode, _ sentence: String) {
        // Sound: held by this object; the core copies the text.
        _ = unsafe grpc_call_cancel_with_status(raw, code.raw, sentence, nil)
    }

    /// Starts a batch, which lives until it is over, and so does `tag`, which is completed then.
    /// False: it could not be started.
    func start(_ batch: Batch, _ tag: Tag) -> Bool {
        queue.whileOpen {
            gate.withLock { _ in
                // Sound: the tag keeps the batch, and the core keeps the tag until it is over.
                let address = unsafe tag.passToCore(keeping: batch)
                let code = unsafe batch.withOperations { operations, count in
                    unsafe grpc_call_start_batch(raw, operations, count, address, nil)
                }
                if code == GRPC_CALL_OK { return true }
                // Sound: the core did not take it.
                _ = unsafe Tag.takeFromCore(address)
                return false
            }
        }
    }

    /// Runs a batch and waits until it is over. False: cancelled, or the connection is lost.
    ///
    /// The wait ends with the call, and every call ends: by its deadline, by its peer, by keepalive
    /// or by `cancel`.
    func run(_ batch: Batch) async -> Bool {
        // Sound: resumed once: by the tag when the batch was started, else here.
        await unsafe withUnsafeContinuation { continuation in
            let tag = unsafe ContinuationTag(continuation)
            // Sound: as above.
            if !start(batch, tag) { unsafe continuation.resume(returning: false) }
        }
    }

    /// As `run`; cancelling the task ends the call.
    @discardableResult
    func runCancellably(_ batch: Batch) async -> Bool {
        await withTaskCancellationHandler {
            await run(batch)
        } onCancel: {
            cancel()
        }
    }

    /// The other end, as the core writes it: `ipv4:192.0.2.1:443`, `ipv6:%5B::1%5D:443`.
    var peerURI: String {
        // Sound: the core hands the text over; it is copied and freed.
        guard let text = unsafe grpc_call_get_peer(raw) else { return "" }
        defer { unsafe gpr_free(text) }
        return unsafe String(cString: text)
    }

    /// The leaf certificate of the other end, which TLS verified: PEM.
    var peerCertificate: [UInt8]? {
        // Sound: the context is held until the value was copied.
        guard let context = unsafe grpc_call_auth_context(raw) else { return nil }
        defer { unsafe grpc_auth_context_release(context) }
        let name = GRPC_X509_PEM_CERT_PROPERTY_NAME
        return unsafe name.withCString { name in
            var iterator = unsafe grpc_auth_context_find_properties_by_name(context, name)
            // Sound: as above.
            guard let found = unsafe grpc_auth_property_iterator_next(&iterator) else { return nil }
            let bytes = unsafe UnsafeRawBufferPointer(
                start: found.pointee.value,
                count: found.pointee.value_length
            )
            // Sound: copied while the context is held.
            return unsafe Array(bytes)
        }
    }
}
