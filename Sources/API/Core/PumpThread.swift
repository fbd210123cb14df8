import CGRPC

/// A thread of its own for what blocks for ever: a completion queue.
enum PumpThread {
    /// Starts `body` on a detached thread called `name`; false when there can be no more threads.
    ///
    /// All signals are blocked in it: they are for the program's own threads.
    /// C function: `pthread_create(3)`.
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let errand = Errand(name: name, body: body)
        // Sound: the thread takes the reference over in its first statement, or it is released
        // below.
        let context = unsafe Unmanaged.passRetained(errand).toOpaque()
        var all = sigset_t()
        var before = sigset_t()
        var thread = pthread_t()
        // Sound: the sets and the thread are locals; `run` takes the reference over.
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        let code = unsafe pthread_create(&thread, nil, run, context)
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
        guard code == 0 else {
            // Sound: no thread was made that would take it over.
            unsafe Unmanaged<Errand>.fromOpaque(context).release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}

private final class Errand: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // Sound: compared with NULL, not followed.
    guard let context = unsafe context else { return nil }
    // Sound: the reference was given to this thread by `start`.
    let errand = unsafe Unmanaged<Errand>.fromOpaque(context).takeRetainedValue()
    // Sound: the name lives for the call, and has at most the 15 bytes that the kernel takes.
    _ = unsafe pthread_setname_np(pthread_self(), String(errand.name.prefix(15)))
    errand.body()
    return nil
}
