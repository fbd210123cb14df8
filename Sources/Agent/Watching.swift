import API
import Synchronization

extension Operations {
    /// Follows an operation: how it stands now, then every change until it is over. An empty id
    /// means the one that runs, else the last one.
    ///
    /// A slow reader loses progress, never the end: the newest eight messages wait for it.
    func watch(_ id: String) throws(CallFailure) -> AsyncStream<Keel_V1_Operation> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Keel_V1_Operation.self,
            bufferingPolicy: .bufferingNewest(8)
        )
        let number = state.withLock { state -> (id: String, number: UInt64)? in
            let wanted = id.isEmpty ? state.active ?? state.all.last?.id : id
            guard let stored = state.all.last(where: { $0.id == wanted }) else { return nil }
            continuation.yield(stored.operation)
            guard state.active == stored.id else {
                continuation.finish()
                return (stored.id, 0)
            }
            state.watcherCount += 1
            state.watchers[stored.id, default: [:]][state.watcherCount] = continuation
            return (stored.id, state.watcherCount)
        }
        guard let number else {
            let which = id.isEmpty ? "no operation" : "no operation \"\(id)\""
            throw CallFailure(.notFound, "there is \(which) on this node.")
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { state in
                _ = state.watchers[number.id]?.removeValue(forKey: number.number)
            }
        }
        return stream
    }

    /// Tells everybody who watches.
    func tell(_ operation: Keel_V1_Operation) {
        let watchers = state.withLock { $0.watchers[operation.id] ?? [:] }
        for watcher in watchers.values { watcher.yield(operation) }
    }
}
