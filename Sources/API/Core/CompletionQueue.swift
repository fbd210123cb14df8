import CGRPC

/// A completion queue and the one thread that drains it.
///
/// In this version of the core that thread also does the reading, writing and TLS of everything
/// that is polled through the queue.
///
/// The core aborts the process when an operation is started on a queue that is shut down. So every
/// start goes through `whileOpen`, and so does the end.
@safe
final class CompletionQueue: Sendable {
    // grpc_completion_queue*
    nonisolated(unsafe) let raw: OpaquePointer
    /// Whether operations may be started. Shared by those who start them, which costs each of them
    /// TLS and writing: one after the other they would wait for each other.
    private let isOpen = SharedValue(true)
    private let end: End

    /// `nil` when the system gives no thread.
    init?(_ name: String) {
        Core.start()
        // Sound: owned by the pump, which destroys it when it is shut down and drained.
        unsafe raw = grpc_completion_queue_create_for_next(nil)
        end = End()
        // Sound: as above; the address is the only thing the thread needs.
        nonisolated(unsafe) let queue = unsafe raw
        let end = end
        let isRunning = PumpThread.start(name) {
            // Sound: nobody starts anything on a queue that is shut down, so nobody uses it.
            unsafe pump(queue)
            unsafe grpc_completion_queue_destroy(queue)
            end.reached()
        }
        guard isRunning else {
            // Sound: there is no thread, and nothing was started.
            unsafe grpc_completion_queue_shutdown(raw)
            unsafe grpc_completion_queue_destroy(raw)
            return nil
        }
    }

    /// Runs `body`, which starts an operation, unless the queue is shut down: then false.
    func whileOpen(_ body: () -> Bool) -> Bool {
        isOpen.read { $0 ? body() : false }
    }

    /// Lets what is under way end, then ends the thread. Nothing can be started any more.
    func shutDown() {
        isOpen.change { isOpen in
            guard isOpen else { return }
            isOpen = false
            // Sound: open until this line, so the pump still owns it.
            unsafe grpc_completion_queue_shutdown(raw)
        }
    }

    /// Returns when the thread has ended.
    func ended() async { await end.wait() }
}

/// Hands every finished operation to its tag, until the queue is shut down and empty.
private func pump(_ queue: OpaquePointer) {
    let forever = Core.deadline(in: nil)
    while true {
        // Sound: the caller owns the queue.
        let event = unsafe grpc_completion_queue_next(queue, forever, nil)
        switch unsafe event.type {
        case GRPC_OP_COMPLETE:
            // Sound: every tag on our queues is a `Tag`.
            guard let address = unsafe event.tag else { continue }
            let isSuccess = unsafe event.success != 0
            unsafe Tag.takeFromCore(address).complete(isSuccess)
        case GRPC_QUEUE_SHUTDOWN: return
        default: continue
        }
    }
}
