/// The cluster as far as a node asks it about itself. `ClusterClient` is the real one; tests have
/// a cluster in memory.
protocol ClusterAccess: Sendable {
    /// The node's own Node object.
    func node() async throws(ClusterError) -> ClusterNode

    /// Changes the Node object in one step; answers with what it is then.
    ///
    /// After an error without an answer it may have been changed.
    func patchNode(_ patch: NodePatch) async throws(ClusterError) -> ClusterNode

    /// All pods that are bound to the node.
    func pods() async throws(ClusterError) -> [PodFacts]

    /// Asks once that the pod leave the node, as its disruption budget allows.
    ///
    /// Throws when the server could not be asked or answered otherwise; then the pod may have been
    /// evicted or not.
    func evict(_ pod: PodFacts) async throws(ClusterError) -> EvictionAnswer
}

/// What an API server says to an eviction.
enum EvictionAnswer: Sendable, Hashable {
    /// The pod was asked to end; it is gone when it is no longer listed.
    case accepted
    /// There is no such pod any more.
    case gone
    /// A disruption budget allows none now; the server says which, or nothing.
    case budget(String)
    /// Not now, for another reason: the server is busy, or something in the cluster objects.
    case postponed(String)
}

/// Time as a drain sees it.
protocol DrainTime: Sendable {
    /// Since an arbitrary moment; never goes back.
    var now: Duration { get }

    /// May end early when the task was cancelled.
    func wait(_ time: Duration) async
}
