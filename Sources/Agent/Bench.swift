import Slots
import SlotsDisk
import SlotsLayout
import Syscalls
import Trust

/// Where everything is that the engine needs. A value, so that any thread can open a `Bench`.
struct Place: Sendable {
    /// Whole-disk node or image file.
    let disk: String
    /// Folder with `*.pub` and `policy.json`.
    let trust: String
    /// Folder of the history.
    let history: String
    /// What the kernel's command line says about the boot.
    let commandLine: CommandLine
    /// Of this boot; written beside each line of the history.
    let bootID: String
    /// How long to wait for another writer of the disk.
    var lockWait: Duration = .seconds(2)
    /// The socket of the container runtime.
    var runtime = "/run/containerd/containerd.sock"
}

/// The node's disk with the errors of the agent. Lives on one thread.
struct Bench {
    let disk: NodeDisk
    /// Why the running slot runs.
    let why: BootReason

    /// Opens the disk; for writing it is locked until the bench goes.
    init(
        _ place: Place,
        writing: Bool,
        isClockGood: Bool = false,
        bytesPerSecond: Int? = nil
    ) throws(AgentError) {
        let bootID = place.bootID
        var means = NodeDisk.Means(
            policy: try Self.policy(place.trust),
            hashing: OpenSSLHashing(),
            checker: Ed25519Checker(),
            history: HistoryFile(inFolder: place.history),
            moment: { Moment(time: .now, bootID: bootID) }
        )
        means.isClockGood = isClockGood
        let given = means
        disk = try agentError { () throws(NodeDiskError) in
            try NodeDisk(
                opening: place.disk,
                for: writing ? .writing(wait: place.lockWait) : .reading,
                given,
                bytesPerSecond: bytesPerSecond,
                boot: { place.commandLine.reason(on: $0).boot }
            )
        }
        why = place.commandLine.reason(on: disk.layout)
    }

    var machine: Machine { disk.machine }
    var layout: Layout { disk.layout }

    /// The engine: opening it repairs what a power loss left behind.
    func openEngine() throws(AgentError) -> Engine {
        try agentError { () throws(NodeDiskError) in try disk.openEngine() }
    }

    /// The disk as it is now.
    func node() throws(AgentError) -> Node {
        try agentError { () throws(NodeDiskError) in try disk.node() }
    }

    private static func policy(_ path: String) throws(AgentError) -> TrustPolicy {
        let files: [Directory.File]
        do { files = try Directory.files(at: path, suffix: "", limit: 1 << 20) } catch {
            throw .file("read", path, error)
        }
        do {
            return try TrustDirectory.policy(files: files.map { ($0.name, $0.bytes) })
        } catch {
            throw .trust(path, error)
        }
    }
}

/// Work on the disk, with the errors of the agent.
func agentError<Result>(
    _ body: () throws(NodeDiskError) -> Result
) throws(AgentError) -> Result {
    do { return try body() } catch {
        if case .update(let error) = error { throw .update(error) }
        throw .node(error)
    }
}

extension Timestamp {
    /// The machine's wall clock.
    static var now: Timestamp { Timestamp(seconds: Int(WallTime.now.components.seconds)) }
}
