import Syscalls

/// Takes away what made the node a part of its cluster, when the agent left word to do so: before
/// anything runs that uses it.
///
/// The word stays until everything else is done, and the file system's journal keeps the order: a
/// power cut anywhere repeats the rest at the next boot.
struct Leaving {
    /// Left by the agent. Its text is for nobody.
    static let word = DataPartition.place + "/leaves-cluster"
    /// Names the membership in force; without it the node was never bootstrapped.
    static let membership = DataPartition.place + "/kubernetes/current"
    /// What the kubelet, the container runtime, pods and their network keep.
    static let kept = DataPartition.place + "/var"
    /// Where that goes: the agent removes it in its own time.
    static let left = DataPartition.place + "/left"
    private static let limit = 100

    private let ground: any Ground

    init(on ground: any Ground) { self.ground = ground }

    func run() {
        guard ground.exists(Self.word) else { return }
        do throws(Errno) {
            if ground.exists(Self.membership) { try ground.remove(Self.membership) }
            if ground.exists(Self.kept) { try ground.rename(Self.kept, to: place()) }
            try ground.remove(Self.word)
            ground.say("the node has left its cluster")
        } catch {
            ground.say("the node has not left its cluster: \(error)")
        }
    }

    /// One that is free: the agent may not have come to removing the last one yet.
    private func place() throws(Errno) -> String {
        let free = (0..<Self.limit).first { !ground.exists("\(Self.left)-\($0)") }
        guard let free else { throw .exists }
        return "\(Self.left)-\(free)"
    }
}
