public import Slots
import SlotsDisk
import Syscalls

extension NodeDisk {
    /// Where a release keeps the loader that it signs.
    public static let loaderInRoot = "boot/BOOTX64.EFI"

    /// The loader that the running, trusted release signs, and where that release is.
    public func signedLoader() throws(NodeDiskError) -> (slot: Slot, digest: Digest) {
        let node = try node()
        guard let running = node.running else { throw .update(.nothingRuns) }
        guard node.standing == .trusted else {
            throw .update(.notSettled(running: running, standing: node.standing))
        }
        guard let digest = node.contents[running].release?.manifest.loaderDigest else {
            throw .noLoader(running)
        }
        return (running, digest)
    }

    /// A loader in a file. Whatever it is, its digest is checked before it is written.
    public static func loader(at path: String) throws(NodeDiskError) -> [UInt8] {
        do { return try File.read(path, limit: LoaderFiles.limit) } catch {
            throw .file("read", path, error)
        }
    }

    /// The loader out of a slot's SquashFS, by squashfs-tools.
    public func loader(in slot: Slot) throws(NodeDiskError) -> [UInt8] {
        let outcome: Spawn.Outcome
        let offset = layout.slots[slot].range.lowerBound
        do {
            outcome = try Spawn.run(
                "/usr/bin/unsquashfs",
                ["-offset", String(offset), "-cat", disk.path, Self.loaderInRoot],
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

    /// Refuses bytes that are not the loader with this digest.
    public func check(_ bytes: [UInt8], against expected: Digest) throws(NodeDiskError) {
        let found = machine.hashing.sha256(bytes.span)
        guard found == expected else { throw .wrongLoader(found: found, expected: expected) }
    }

    /// Puts the loader in force, in one write of one sector at the end. A sentence: what it is now.
    public func upgradeLoader(to bytes: [UInt8], _ digest: Digest) throws(NodeDiskError) -> String {
        try check(bytes, against: digest)
        let outcome: LoaderFiles.Outcome
        do { outcome = try loader.upgrade(to: bytes) } catch { throw .loader(error) }
        let contract = LoaderImage.contract(of: bytes).map { "contract \($0)" } ?? "no contract"
        switch outcome {
        case .replaced: return "The boot loader is \(digest.short), \(contract), from now on."
        case .alreadyInPlace:
            return "The boot loader is \(digest.short), \(contract), already. Nothing was written."
        }
    }
}
