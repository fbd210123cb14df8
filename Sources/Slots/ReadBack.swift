/// Reads a root back from the disk, in order, and builds the hash tree over what the disk returned:
/// one stretch after the other, each flushed first, while what follows is still being written.
struct ReadBack {
    private let installation: Installation
    private let salt: Digest
    private let blockCount: Int
    /// Blocks in a stretch.
    private let stretch: Int
    private var builder: HashTreeBuilder
    private var writer: TreeWriter
    /// The first block that the device was not asked for. The root's first one is not on the disk
    /// until all others are proved.
    private var next = 1
    private var hasHead = false
    /// What the device was asked for last.
    private var coming: (any ComingHashes)?

    init(of installation: Installation) {
        self.installation = installation
        salt = installation.release.manifest.root.salt
        blockCount = installation.layout.blockCount
        stretch = installation.device.stretch / SlotLayout.blockSize
        builder = HashTreeBuilder(
            dataBlocks: blockCount,
            salt: salt,
            hashing: installation.engine.machine.hashing
        )
        writer = TreeWriter(
            device: installation.device,
            start: installation.layout.tree.lowerBound
        )
    }

    /// Reads back what it can when the root is written up to `offset`.
    mutating func proceed(to offset: Int, _ head: [UInt8]) throws(UpdateError) {
        while next + stretch <= min(offset / SlotLayout.blockSize, blockCount) {
            try installation.onDevice { (device) throws(DeviceError) in try device.flush() }
            try ask(for: stretch, head)
        }
    }

    /// Reads back the rest and compares the root hash.
    ///
    /// - Precondition: everything was flushed.
    mutating func finish(_ head: [UInt8]) throws(UpdateError) {
        let root = installation.release.manifest.root
        let reporter = Reporter(
            .proving,
            total: root.size,
            clock: installation.engine.machine.clock,
            observer: installation.observer
        )
        try reporter.advance(by: (next - 1) * SlotLayout.blockSize)
        while next < blockCount {
            let count = min(stretch, blockCount - next)
            try ask(for: count, head)
            try reporter.advance(by: count * SlotLayout.blockSize)
        }
        try take(head)
        let found = try close()
        guard found == root.verity else {
            let part = UpdateError.Part.root(found: found, expected: root.verity)
            throw .notAsWritten(installation.target, part)
        }
    }

    /// Takes what was asked for before, and asks for `count` blocks more.
    private mutating func ask(for count: Int, _ head: [UInt8]) throws(UpdateError) {
        try take(head)
        let blocks = next..<(next + count)
        do {
            coming = try installation.device.beginHashing(blocks, salt: salt.bytes)
        } catch {
            throw .device(installation.target, error)
        }
        next += count
    }

    private mutating func take(_ head: [UInt8]) throws(UpdateError) {
        if !hasHead {
            let hashing = installation.engine.machine.hashing
            try append(hashing.hashes(of: head, salt: salt.bytes))
            hasHead = true
        }
        guard let coming else { return }
        self.coming = nil
        let digests: [UInt8]
        do { digests = try coming.wait() } catch { throw .device(installation.target, error) }
        try append(digests)
    }

    private mutating func append(_ digests: [UInt8]) throws(UpdateError) {
        do {
            try builder.append(digests) { (block, bytes) throws(DeviceError) in
                try writer.take(block, bytes)
            }
        } catch {
            throw .device(installation.target, error)
        }
    }

    /// The root hash; the whole tree is on its way to the disk.
    private mutating func close() throws(UpdateError) -> Digest {
        do {
            let root = try builder.finish { (block, bytes) throws(DeviceError) in
                try writer.take(block, bytes)
            }
            try writer.finish()
            return root
        } catch {
            throw .device(installation.target, error)
        }
    }
}

/// Puts the blocks of a growing tree onto the device: the long bottom level in long writes.
struct TreeWriter {
    private static let runLimit = 16 * SlotLayout.blockSize

    private let device: any BlockDevice
    private let start: Int
    private var run: [UInt8] = []
    private var runStart = 0

    init(device: any BlockDevice, start: Int) {
        self.device = device
        self.start = start
    }

    mutating func take(_ block: Int, _ bytes: [UInt8]) throws(DeviceError) {
        let offset = start + block * SlotLayout.blockSize
        guard run.isEmpty || offset == runStart + run.count else {
            try device.write(bytes.span, at: offset)
            return
        }
        if run.isEmpty { runStart = offset }
        run += bytes
        if run.count >= Self.runLimit { try finish() }
    }

    mutating func finish() throws(DeviceError) {
        guard !run.isEmpty else { return }
        try device.write(run.span, at: runStart)
        run.removeAll(keepingCapacity: true)
    }
}
