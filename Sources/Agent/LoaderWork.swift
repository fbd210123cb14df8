import API
import Slots
import SlotsLayout

/// Brings the loader that the running release signs onto the EFI system partition.
struct LoaderWork {
    let place: Place

    func run(
        _ request: Keel_V1_UpgradeLoaderRequest,
        _ handle: OperationHandle
    ) throws(AgentError) -> String {
        let bench = try Bench(place, writing: true)
        let disk = bench.disk
        let (running, digest) = try agentError { () throws(NodeDiskError) in
            try disk.signedLoader()
        }
        let bytes = try agentError { () throws(NodeDiskError) in
            let bytes = try loader(request.path, running, bench)
            try disk.check(bytes, against: digest)
            return bytes
        }
        handle.keep { $0.digest = digest.hex }
        guard !handle.isCancelled else { throw .cancelled }
        handle.enter(.activating)
        return try agentError { () throws(NodeDiskError) in
            try disk.upgradeLoader(to: bytes, digest)
        }
    }

    /// From the path, else from the node's own root, else out of the slot's SquashFS.
    private func loader(
        _ path: String,
        _ slot: Slot,
        _ bench: Bench
    ) throws(NodeDiskError) -> [UInt8] {
        if !path.isEmpty { return try NodeDisk.loader(at: path) }
        switch bench.why {
        case .booted: return try NodeDisk.loader(at: "/" + NodeDisk.loaderInRoot)
        case .offline: return try bench.disk.loader(in: slot)
        }
    }
}
