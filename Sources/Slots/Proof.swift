/// Reads a slot back and compares every hash with the one above it, up to the signed root hash:
/// just what the kernel checks at boot, all of it, in memory that does not grow with the image.
struct SlotProof {
    /// Parents taken at once: 64 blocks of digests speak for 32 MiB below them.
    private static let parentsAtOnce = 64

    let slot: Slot
    let device: any BlockDevice
    let layout: SlotLayout
    let root: Digest
    let salt: [UInt8]

    init(of release: Release, in slot: Slot, on device: any BlockDevice) {
        self.slot = slot
        self.device = device
        layout = SlotLayout(of: release)
        root = release.manifest.root.verity
        salt = release.manifest.root.salt.bytes
    }

    /// Compares the tree on the device with the signed root hash, level by level.
    func checkTree() throws(UpdateError) {
        let levels = HashTree.levels(dataBlocks: layout.blockCount)
        let starts = levelStarts
        let top = starts[levels.count - 1]
        let bytes = try hashes(of: top..<(top + 1))
        let found = Digest(bytes.span)
        guard found == root else {
            throw .notAsWritten(slot, .root(found: found, expected: root))
        }
        for level in stride(from: levels.count - 1, through: 1, by: -1) {
            let children = starts[level - 1]..<(starts[level - 1] + levels[level - 1])
            guard try matches(children, parent: starts[level], nil) else {
                throw .notAsWritten(slot, .tree)
            }
        }
    }

    /// Compares the root with the bottom level of a tree that was checked.
    func checkRoot(_ reporter: Reporter) throws(UpdateError) {
        guard try matches(0..<layout.blockCount, parent: levelStarts[0], reporter) else {
            throw .notAsWritten(slot, .data)
        }
    }

    private var levelStarts: [Int] {
        HashTree.levelStarts(dataBlocks: layout.blockCount).map {
            $0 + layout.tree.lowerBound / SlotLayout.blockSize
        }
    }

    private func matches(
        _ children: Range<Int>,
        parent: Int,
        _ reporter: Reporter?
    ) throws(UpdateError) -> Bool {
        var parent = parent
        var next = children.lowerBound
        let step = Self.parentsAtOnce * HashTree.digestsPerBlock
        while next < children.upperBound {
            let count = min(step, children.upperBound - next)
            let parents = (count + HashTree.digestsPerBlock - 1) / HashTree.digestsPerBlock
            let expected = try read(blocks: parent..<(parent + parents))
            let found = try hashes(of: next..<(next + count))
            guard found[...] == expected[..<(count * Digest.byteCount)] else { return false }
            parent += parents
            next += count
            if let reporter { try reporter.advance(by: count * SlotLayout.blockSize) }
        }
        return true
    }

    private func hashes(of blocks: Range<Int>) throws(UpdateError) -> [UInt8] {
        do { return try device.hashes(of: blocks, salt: salt) } catch {
            throw .device(slot, error)
        }
    }

    private func read(blocks: Range<Int>) throws(UpdateError) -> [UInt8] {
        let size = SlotLayout.blockSize
        let range = (blocks.lowerBound * size)..<(blocks.upperBound * size)
        do { return try device.bytes(in: range) } catch { throw .device(slot, error) }
    }
}

extension Machine {
    /// Proves that `slot` holds its release, every byte.
    public func prove(
        _ slot: Slot,
        _ node: Node,
        observer: (any Observer)? = nil
    ) throws(UpdateError) {
        guard let release = node.contents[slot].release else { throw .nothingToActivate(slot) }
        let reporter = Reporter(
            .proving,
            total: release.manifest.root.size,
            clock: clock,
            observer: observer
        )
        let proof = SlotProof(of: release, in: slot, on: slots[slot])
        try proof.checkTree()
        try proof.checkRoot(reporter)
        let index: ChunkIndex?
        do { index = try inspector(of: slot).index(of: release) } catch {
            throw .device(slot, error)
        }
        guard index != nil else { throw .notAsWritten(slot, .trailer) }
    }
}

/// Tells an observer how a phase goes, and hears from it when to stop.
final class Reporter {
    private var meter: ProgressMeter
    private let clock: any TimeSource
    private let observer: (any Observer)?

    init(
        _ phase: Progress.Phase,
        total: Int,
        clock: any TimeSource,
        observer: (any Observer)?
    ) {
        meter = ProgressMeter(phase, total: total, now: clock.now)
        self.clock = clock
        self.observer = observer
    }

    func advance(by count: Int, reused: Bool = false) throws(UpdateError) {
        guard let observer else { return }
        if let progress = meter.advance(by: count, reused: reused, now: clock.now) {
            observer.observe(progress)
        }
        if observer.isCancelled { throw .cancelled }
    }
}
