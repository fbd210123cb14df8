import Slots
import SlotsDisk
import SlotsLayout
import Syscalls
import Trust

/// A disk on the workbench, with the errors of this program.
final class Workbench {
    let disk: NodeDisk
    private var engine: Engine?

    /// Opens the disk that `place` names; for writing it is locked until the workbench goes.
    init(
        _ place: Place,
        writing: Bool,
        bytesPerSecond: Int? = nil
    ) throws(CommandError) {
        let means = NodeDisk.Means(
            policy: try Self.policy(place.trust),
            hashing: OpenSSLHashing(),
            checker: Ed25519Checker(),
            history: place.state.map { HistoryFile(inFolder: $0) },
            moment: { Moment(time: Timestamp(seconds: Int(WallTime.now.components.seconds))) }
        )
        disk = try commandError { () throws(NodeDiskError) in
            try NodeDisk(
                opening: place.disk,
                for: writing ? .writing(wait: .zero) : .reading,
                means,
                bytesPerSecond: bytesPerSecond,
                boot: { _ in .offline }
            )
        }
    }

    var machine: Machine { disk.machine }

    /// The engine: opening it repairs what a power loss left behind.
    func openEngine() throws(CommandError) -> Engine {
        let engine = try commandError { () throws(NodeDiskError) in try disk.openEngine() }
        self.engine = engine
        return engine
    }

    /// The update goes on without a history, but not in silence: what failed is remembered there.
    func warnOfHistory() {
        guard let error = engine?.historyError else { return }
        StandardError.write(
            "osctl: warning: the history could not be kept: \(Errno(error.code)).\n"
        )
    }

    /// The disk as it is now.
    func node() throws(CommandError) -> Node {
        try commandError { () throws(NodeDiskError) in try disk.node() }
    }

    /// Puts the loader that the running release signs in force; from `file`, else from the slot.
    func upgradeLoader(from file: String?) throws(CommandError) -> String {
        try commandError { () throws(NodeDiskError) in
            let (running, digest) = try disk.signedLoader()
            let bytes =
                if let file { try NodeDisk.loader(at: file) } else { try disk.loader(in: running) }
            return try disk.upgradeLoader(to: bytes, digest)
        }
    }

    private static func policy(_ path: String) throws(CommandError) -> TrustPolicy {
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

/// Work on the disk, with the errors of this program.
private func commandError<Result>(
    _ body: () throws(NodeDiskError) -> Result
) throws(CommandError) -> Result {
    do { return try body() } catch {
        if case .update(let error) = error { throw .update(error) }
        throw .node(error)
    }
}
