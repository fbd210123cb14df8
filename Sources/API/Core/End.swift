import Synchronization

/// Something that happens once, and that tasks can wait for.
final class End: Sendable {
    private struct State {
        var isReached = false
        var waiting: [UInt64: CheckedContinuation<Bool, Never>] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    func reached() {
        let waiting = state.withLock { state in
            state.isReached = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume(returning: true) }
    }

    func wait() async {
        _ = await withCheckedContinuation { add($0) }
    }

    /// False when it did not happen within `limit`.
    func wait(atMost limit: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            guard let number = add(continuation) else { return }
            // It outlives this call by `limit` at most, and holds nothing but this object.
            Task {
                do { try await Task.sleep(for: limit) } catch { return }
                expire(number)
            }
        }
    }

    /// The number of the waiting task, or nil when it does not have to wait.
    @discardableResult
    private func add(_ continuation: CheckedContinuation<Bool, Never>) -> UInt64? {
        let number = state.withLock { state -> UInt64? in
            guard !state.isReached else { return nil }
            state.next += 1
            state.waiting[state.next] = continuation
            return state.next
        }
        if number == nil { continuation.resume(returning: true) }
        return number
    }

    private func expire(_ number: UInt64) {
        let continuation = state.withLock { $0.waiting.removeValue(forKey: number) }
        continuation?.resume(returning: false)
    }
}
