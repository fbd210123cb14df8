import CLinux

/// A thread of the system. Owned: it is joined once, or left to end by itself.
public struct Thread: ~Copyable, Sendable {
    private let number: pthread_t

    /// Starts `body` on a thread called `name` (at most 15 bytes are kept).
    ///
    /// C function: `pthread_create(3)`.
    public init(_ name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) {
        // Sound: the reference is taken over by the thread, or released below.
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body))
        var number = pthread_t()
        do {
            // Sound: the thread takes over the reference that `passRetained` made.
            try checkedCode {
                unsafe pthread_create(&number, nil, threadMain, start.toOpaque())
            }
        } catch {
            // Sound: no thread was made, so nobody else takes the reference.
            unsafe start.release()
            throw error
        }
        self.number = number
    }

    deinit { _ = pthread_detach(number) }

    /// Returns when the thread has ended. C function: `pthread_join(3)`.
    public consuming func join() {
        let number = number
        discard self
        let code = pthread_join(number, nil)
        precondition(code == 0, "an owned thread can be joined")
    }

    /// Runs `body` on up to `count` threads at once, this one among them, and returns when all
    /// have ended. Fewer when the system gives no more, so the work must not depend on how many.
    public static func share(
        _ name: String,
        among count: Int,
        _ body: @escaping @Sendable () -> Void
    ) {
        guard count > 1 else { return body() }
        let other: Thread
        do { other = try Thread(name, body) } catch { return body() }
        share(name, among: count - 1, body)
        other.join()
    }
}

private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func threadMain(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // Sound: only whether there is one is looked at.
    guard let context = unsafe context else { return nil }
    // Sound: `Thread.init` passed exactly this reference, for this thread alone.
    let start = unsafe Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
    let name = String(decoding: Array(start.name.utf8.prefix(15)), as: UTF8.self)
    // Sound: the string lives for the call. A name the kernel does not take is no loss.
    _ = unsafe pthread_setname_np(pthread_self(), name)
    start.body()
    return nil
}
