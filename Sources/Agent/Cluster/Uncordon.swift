/// Lets new pods come to the node again, when it was an upgrade that kept them away.
///
/// Safe to repeat, and to call whenever no operation needs the node drained: after a confirmed
/// trial, after a fallback, after a cancelled or failed upgrade, and when the agent starts.
struct Uncordon: Sendable {
    let cluster: any ClusterAccess
    let time: any DrainTime

    private static let tries = 3
    private static let pause = Duration.seconds(2)

    /// Answers whether there was a cordon of ours. Asks three times when the cluster is at fault,
    /// and then throws: the cordon is still there.
    func run() async throws(ClusterError) -> Bool {
        var left = Self.tries
        while true {
            do throws(ClusterError) {
                guard let patch = Cordon.undo(try await cluster.node()) else { return false }
                _ = try await cluster.patchNode(patch)
                return true
            } catch {
                left -= 1
                guard left > 0, error.blame == .cluster else { throw error }
            }
            await time.wait(Self.pause)
        }
    }
}
