import Logging
import Slots
import Syscalls

/// What the kubelet, the container runtime and pods kept in a cluster that the node has left: the
/// first process has put it aside, because removing it may take long.
struct Leftovers {
    private static let prefix = "left-"

    private let folder: String

    init(_ state: StateFolder) { folder = state.path }

    /// Removes all of it. What cannot be removed is told, and tried again at the next start.
    func remove(_ logger: Logger) async {
        let folder = folder
        do throws(Errno) {
            let names = try await Offload.run("leftovers") { () throws(Errno) in
                let names = try Directory.names(at: folder).filter { $0.hasPrefix(Self.prefix) }
                for name in names { try Directory.removeTree("\(folder)/\(name)") }
                return names
            }
            guard !names.isEmpty else { return }
            logger.notice("What was kept in the cluster that was left is removed")
        } catch {
            logger.error(
                "What was kept in the cluster that was left is not removed",
                metadata: ["error": "\(error)"]
            )
        }
    }
}
