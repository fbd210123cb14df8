import Glibc

/// One POSIX thread that runs one closure.
final class WorkerThread {
    private var thread: pthread_t
    /// Whether the closure has returned.
    private let isDone: Monitor<Bool>

    /// Starts `body`; `nil` when there can be no more threads. C function: `pthread_create(3)`.
    ///
    /// All signals are blocked in the thread: they are for the program's own threads.
    init?(_ body: @escaping @Sendable () -> Void) {
        let isDone = Monitor(false)
        self.isDone = isDone
        let errand = Errand {
            body()
            isDone.withLock { $0 = true }
            isDone.signal(.consumer)
        }
        // Sound: the thread takes the reference over in its first statement; the signal sets
        // are locals of this frame.
        let context = unsafe Unmanaged.passRetained(errand).toOpaque()
        var all = sigset_t()
        var before = sigset_t()
        // Sound: both sets are locals.
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        var thread = pthread_t()
        // Sound: `run` takes the reference over.
        let code = unsafe pthread_create(&thread, nil, run, context)
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        self.thread = thread
        guard code == 0 else {
            // Sound: no thread was made that would take it over.
            unsafe Unmanaged<Errand>.fromOpaque(context).release()
            return nil
        }
    }

    /// Waits for the closure to return, but not longer than `limit`.
    ///
    /// A thread that is stuck in the kernel then (reading a silent pipe) is left alone: it ends
    /// when the kernel lets it go, and touches nothing but what it owns itself.
    func join(within limit: Duration) {
        let isDone: Bool? = isDone.wait(.consumer, atMost: limit) { $0 ? true : nil }
        if isDone == true {
            _ = pthread_join(thread, nil)
        } else {
            _ = pthread_detach(thread)
        }
    }
}

/// What a thread does.
private final class Errand: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }
}

private func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // Sound: compared with NULL, not followed.
    guard let context = unsafe context else { return nil }
    // Sound: the reference was given to this thread by WorkerThread.init.
    unsafe Unmanaged<Errand>.fromOpaque(context).takeRetainedValue().body()
    return nil
}
