import API
import Slots
import Synchronization

extension EngineWork {
    private static let limit = 600

    /// Moves the pods away when that was asked for; a sentence, empty when it was not.
    ///
    /// The node keeps its cordon: `ClusterKeeper` takes it away when the operation is over and what
    /// runs is trusted, also when neither this agent nor who asked lives to see that.
    func drain(
        _ request: Keel_V1_Drain,
        _ handle: OperationHandle
    ) -> Result<String, AgentError> {
        guard request.enabled else { return .success("") }
        handle.enter(.draining)
        let (cluster, time, limit) = (cluster, time, request.timeout)
        let said = Mutex("")
        let outcome = Blocking.wait {
            await DrainRun(cluster: cluster, time: time).run(
                operation: handle.id,
                limit: .seconds(limit == 0 ? Self.limit : Int(limit)),
                force: request.force,
                isCancelled: { handle.isCancelled },
                tell: { drain in
                    let words = drain.waitingFor
                    let isNews = said.withLock { last in
                        defer { last = words }
                        return last != words
                    }
                    if isNews { handle.tell(waitingFor: words) }
                }
            )
        }
        handle.tell(waitingFor: "")
        guard !outcome.isDrained else { return .success(outcome.sentence) }
        guard outcome.end.verdict != .cancelled else { return .failure(.cancelled) }
        return .failure(.notDrained(outcome.sentence))
    }
}

extension Drain {
    /// More pods than this are only counted.
    private static let named = 4

    /// What is in the way, and why it still is.
    var waitingFor: String {
        guard let left, !left.isEmpty else { return "" }
        var words = left.prefix(Self.named).map(\.words)
        if left.count > Self.named { words.append("and \(left.count - Self.named) more pods") }
        return words.joined(separator: "; ")
    }
}
