import Synchronization
import Syscalls

/// Keeps a main thread, which waits for signals or becomes another program, out of Swift's
/// concurrency.
enum Blocking {
    /// Runs `body` as a task and waits for its result on this thread.
    static func wait<Result: Sendable, E: Error>(
        _ body: @escaping @Sendable () async throws(E) -> Result
    ) throws(E) -> Result {
        let done = Semaphore(0)
        let box = Box<Result, E>()
        Task {
            do throws(E) { box.set(.success(try await body())) } catch { box.set(.failure(error)) }
            done.signal()
        }
        while true {
            done.wait()
            if let outcome = box.value { return try outcome.get() }
        }
    }
}

/// Carries a result from a task to the thread that waits for it.
private final class Box<Value: Sendable, E: Error>: Sendable {
    private let outcome = Mutex<Result<Value, E>?>(nil)

    var value: Result<Value, E>? { outcome.withLock { $0 } }

    func set(_ value: Result<Value, E>) { outcome.withLock { $0 = value } }
}
