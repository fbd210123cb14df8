/// Carries out what `Drain` decides.
struct DrainRun: Sendable {
    let cluster: any ClusterAccess
    let time: any DrainTime

    /// A cancellation is seen after this long at the latest, and after the request under way.
    private static let slice = Duration.milliseconds(500)

    /// Empties the node, at most for `limit` and the time of one request, and takes its cordon
    /// away again when that failed.
    ///
    /// The node keeps its cordon after a success: `Uncordon` is for when the reboot is over. The
    /// same operation may begin again, in another process: it takes up its own cordon. `tell`
    /// hears of each step that was taken.
    func run(
        operation: String,
        limit: Duration,
        force: Bool,
        isCancelled: @Sendable () -> Bool,
        tell: @Sendable (Drain) -> Void
    ) async -> DrainOutcome {
        var drain = Drain(operation: operation, limit: limit, force: force, now: time.now)
        while true {
            if isCancelled() { drain.learn(.cancelled, now: time.now) }
            switch drain.next(now: time.now) {
            case .end(let end): return await close(end)
            case .wait(let duration): await time.wait(min(duration, Self.slice))
            case let step:
                let finding = await take(step)
                drain.learn(finding, now: time.now)
                tell(drain)
            }
        }
    }

    private func take(_ step: Drain.Step) async -> Drain.Finding {
        do throws(ClusterError) {
            switch step {
            case .readNode: return .node(try await cluster.node())
            case .patchNode(let patch):
                _ = try await cluster.patchNode(patch)
                return .patched
            case .listPods: return .pods(try await cluster.pods())
            case .evict(let pod): return .eviction(pod, try await cluster.evict(pod))
            case .wait, .end: preconditionFailure("these are not steps of the cluster's")
            }
        } catch {
            if case .evict(let pod) = step { return .evictionFailed(pod, error) }
            return .failed(error)
        }
    }

    private func close(_ end: DrainEnd) async -> DrainOutcome {
        guard end.undoes else {
            let isKept = end.mayBeOurs && !end.isOthers
            return DrainOutcome(end: end, cordon: isKept ? .kept : .none)
        }
        do throws(ClusterError) {
            let wasOurs = try await Uncordon(cluster: cluster, time: time).run()
            return DrainOutcome(end: end, cordon: wasOurs ? .removed : .none)
        } catch {
            return DrainOutcome(end: end, cordon: .stuck(error))
        }
    }
}

/// How a drain ended, and what is true of the node now.
struct DrainOutcome: Sendable, Hashable {
    enum Cordon: Sendable, Hashable {
        /// There was none of ours.
        case none
        /// It waits for the reboot, like everything else.
        case kept
        case removed
        /// It could not be taken away.
        case stuck(ClusterError)
    }

    let end: DrainEnd
    let cordon: Cordon

    /// Whether the node may be started anew.
    var isDrained: Bool { end.isDrained }

    /// What happened, and what is true now.
    var sentence: String {
        switch cordon {
        case _ where end.isOthers:
            end.sentence + " The node was cordoned before by somebody else, and stays so."
        case .none, .kept: end.sentence
        case .removed: end.sentence + " The node takes new pods again."
        case .stuck(let error): end.sentence + " The node is still cordoned: \(error.words)."
        }
    }
}
