import Slots

/// A dm-verity target over a slot's root: every block is checked against the signed root hash when
/// it is read, and one that does not match is an error for whoever wanted it.
///
/// Source: the kernel's `Documentation/admin-guide/device-mapper/verity.rst`.
struct VerityTable: Sendable, Hashable {
    /// The slot's node.
    let device: String
    let layout: SlotLayout
    let root: Digest
    let salt: Digest

    init(of release: Release, on device: String) {
        self.init(
            device: device,
            layout: SlotLayout(of: release),
            root: release.manifest.root.verity,
            salt: release.manifest.root.salt
        )
    }

    init(device: String, layout: SlotLayout, root: Digest, salt: Digest) {
        self.device = device
        self.layout = layout
        self.root = root
        self.salt = salt
    }

    /// Of 512 bytes, as the device mapper counts.
    var sectors: Int { layout.blockCount * (SlotLayout.blockSize / 512) }

    /// Version, data device, hash device, block sizes, blocks, first hash block, hash, root, salt.
    var parameters: String {
        let size = SlotLayout.blockSize
        let tree = layout.tree.lowerBound / size
        return "1 \(device) \(device) \(size) \(size) \(layout.blockCount) \(tree) sha256 "
            + "\(root.hex) \(salt.hex)"
    }
}
