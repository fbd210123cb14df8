import API
import Slots
import SlotsDisk
import Syscalls

/// Brings the loader that the running release signs onto the EFI system partition.
struct LoaderWork {
    static let pathInRoot = "boot/BOOTX64.EFI"

    let place: Place

    func run(
        _ request: Keel_V1_UpgradeLoaderRequest,
        _ handle: OperationHandle
    ) throws(AgentError) -> String {
        let bench = try Bench(place, writing: true)
        let node = try bench.node()
        guard let running = node.running else { throw .update(.nothingRuns) }
        guard node.standing == .trusted else {
            throw .update(.notSettled(running: running, standing: node.standing))
        }
        guard let expected = node.contents[running].release?.manifest.loaderDigest else {
            throw .noLoader(running)
        }
        let bytes = try loader(request.path, running, bench)
        let found = bench.machine.hashing.sha256(bytes.span)
        guard found == expected else { throw .wrongLoader(found: found, expected: expected) }
        handle.keep { $0.digest = expected.hex }
        guard !handle.isCancelled else { throw .cancelled }
        handle.enter(.activating)
        let outcome: LoaderFiles.Outcome
        do { outcome = try bench.loader.upgrade(to: bytes) } catch { throw .loader(error) }
        let contract = LoaderImage.contract(of: bytes).map { "contract \($0)" } ?? "no contract"
        switch outcome {
        case .replaced: return "The boot loader is \(expected.short), \(contract), from now on."
        case .alreadyInPlace:
            return "The boot loader is \(expected.short), \(contract), already. "
                + "Nothing was written."
        }
    }

    /// From the path, else from the node's own root, else out of the slot's SquashFS. Whatever it
    /// is, its digest is checked after.
    private func loader(
        _ path: String,
        _ slot: Slot,
        _ bench: Bench
    ) throws(AgentError) -> [UInt8] {
        if !path.isEmpty { return try read(path) }
        switch bench.why {
        case .booted: return try read("/" + Self.pathInRoot)
        case .offline: return try extract(from: slot, bench)
        }
    }

    private func read(_ path: String) throws(AgentError) -> [UInt8] {
        do { return try File.read(path, limit: LoaderFiles.limit) } catch {
            throw .file("read", path, error)
        }
    }

    private func extract(from slot: Slot, _ bench: Bench) throws(AgentError) -> [UInt8] {
        let outcome: Spawn.Outcome
        do {
            outcome = try Spawn.run(
                "/usr/bin/unsquashfs",
                [
                    "-offset", String(bench.offset(of: slot)), "-cat", bench.disk.path,
                    Self.pathInRoot,
                ],
                outputLimit: LoaderFiles.limit,
                timeout: .seconds(60)
            )
        } catch {
            throw .loaderUnread(slot, reason: "unsquashfs: \(error)")
        }
        guard outcome.end == .exited(code: 0), !outcome.output.isEmpty, !outcome.isCut else {
            throw .loaderUnread(slot, reason: "unsquashfs found no such file")
        }
        return outcome.output
    }
}
