import Slots
import SlotsDisk
import Syscalls

/// Brings the loader that the running release signs onto the EFI system partition.
struct LoaderUpgrade {
    static let pathInRoot = "boot/BOOTX64.EFI"

    let bench: Workbench

    func run(from file: String?) throws(CommandError) -> String {
        let node = try bench.node()
        guard let running = node.running else { throw .update(.nothingRuns) }
        guard node.standing == .trusted else {
            throw .update(.notSettled(running: running, standing: node.standing))
        }
        guard let expected = node.contents[running].release?.manifest.loaderDigest else {
            throw .noLoader(running)
        }
        let bytes = if let file { try read(file) } else { try extract(from: running) }
        let found = bench.machine.hashing.sha256(bytes.span)
        guard found == expected else { throw .wrongLoader(found: found, expected: expected) }
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

    private func read(_ path: String) throws(CommandError) -> [UInt8] {
        do { return try File.read(path, limit: LoaderFiles.limit) } catch {
            throw .file("read", path, error)
        }
    }

    /// Reads the file out of the slot's SquashFS with squashfs-tools; its digest is checked after.
    private func extract(from slot: Slot) throws(CommandError) -> [UInt8] {
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
