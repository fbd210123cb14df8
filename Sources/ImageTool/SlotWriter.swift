import Slots
import Trust

/// Writes a release into a slot of a disk that nothing boots from yet, in the order that every
/// install keeps: the first block goes last, so a slot is whole or no file system at all.
struct SlotWriter {
    let device: any BlockDevice
    let release: Release
    let index: ChunkIndex
    /// What errors name.
    let path: String
    private let hashing = OpenSSLHashing()

    init(device: any BlockDevice, release: Release, index: ChunkIndex, path: String) {
        self.device = device
        self.release = release
        self.index = index
        self.path = path
    }

    private var layout: SlotLayout { SlotLayout(of: release) }

    /// Durable when it returns, and the hash tree is that of what the disk returned.
    func write(_ bundle: BundleFile) throws(ToolError) {
        // 1. What the slot held is no file system any more.
        try Self.erase(device, path)
        // 2. Everything but the first block.
        let head = try writeRoot(bundle)
        let trailer = Trailer(statement: release.statement, index: index.bytes).encoded()
        try write(trailer.span, at: layout.trailer.lowerBound)
        try flush()
        // 3. Read back; the tree is made of that, and its root is the signed one.
        guard try writeTree(head: head) == release.manifest.root.verity else {
            throw .notAsWritten(path)
        }
        try flush()
        // 4. The sector with the superblock comes last, alone: only then is there a file system,
        //    and it is whole.
        let sector = device.sectorSize
        try write(head.span.extracting(droppingFirst: sector), at: sector)
        try flush()
        try write(head.span.extracting(first: sector), at: 0)
        try flush()
    }

    /// Makes a partition hold nothing that anybody could take for a file system: its first MiB
    /// becomes zero, the sector with the superblock first and alone.
    static func erase(_ device: any BlockDevice, _ path: String) throws(ToolError) {
        let sector = device.sectorSize
        let blank = [UInt8](repeating: 0, count: min(1 << 20, device.size))
        do throws(DeviceError) {
            try device.write(blank.span.extracting(first: sector), at: 0)
            try device.flush()
            try device.write(blank.span.extracting(droppingFirst: sector), at: sector)
            try device.flush()
        } catch {
            throw .device(path, error)
        }
    }

    private func writeRoot(_ bundle: BundleFile) throws(ToolError) -> [UInt8] {
        var head: [UInt8] = []
        var offset = 0
        try bundle.forEachRootPiece { bytes throws(ToolError) in
            var rest = bytes
            if offset == 0 {
                head = SlotLayout.head.map { bytes[$0] }
                rest = bytes.extracting(droppingFirst: head.count)
            }
            try write(rest, at: offset + bytes.count - rest.count)
            offset += bytes.count
        }
        return head
    }

    private func writeTree(head: [UInt8]) throws(ToolError) -> Digest {
        let salt = release.manifest.root.salt
        let start = layout.tree.lowerBound
        var builder = HashTreeBuilder(dataBlocks: layout.blockCount, salt: salt, hashing: hashing)
        let saltBytes = salt.bytes
        do throws(DeviceError) {
            func emit(_ block: Int, _ bytes: [UInt8]) throws(DeviceError) {
                try device.write(bytes.span, at: start + block * HashTree.blockSize)
            }
            var first = [UInt8](repeating: 0, count: Digest.byteCount)
            var room = first.mutableSpan
            hashing.hashBlocks(head.span, salt: saltBytes.span, into: &room)
            try builder.append(first, emit: emit)
            for start in stride(from: 1, to: layout.blockCount, by: 2048) {
                let blocks = start..<min(start + 2048, layout.blockCount)
                var digests = [UInt8](repeating: 0, count: blocks.count * Digest.byteCount)
                var room = digests.mutableSpan
                try device.hashBlocks(blocks, salt: saltBytes.span, into: &room)
                try builder.append(digests, emit: emit)
            }
            return try builder.finish(emit: emit)
        } catch {
            throw .device(path, error)
        }
    }

    private func write(_ bytes: Span<UInt8>, at offset: Int) throws(ToolError) {
        do throws(DeviceError) { try device.write(bytes, at: offset) } catch {
            throw .device(path, error)
        }
    }

    private func flush() throws(ToolError) {
        do throws(DeviceError) { try device.flush() } catch { throw .device(path, error) }
    }
}
