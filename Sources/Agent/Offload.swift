import Syscalls

/// Runs what blocks on a thread of its own, so that the few threads of Swift's `async` never wait
/// for a disk.
enum Offload {
    /// Waits for the result of `body` without holding a thread of the pool. When the system gives
    /// no thread, `body` runs here.
    static func run<Result: Sendable, E: Error>(
        _ name: String,
        _ body: @escaping @Sendable () throws(E) -> Result
    ) async throws(E) -> Result {
        let outcome: Swift.Result<Result, E> = await withCheckedContinuation { continuation in
            let work: @Sendable () -> Void = {
                do throws(E) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            do { _ = try Thread(name, work) } catch { work() }
        }
        return try outcome.get()
    }
}
