extension BlockDevice {
    /// The bytes of `range`.
    func bytes(in range: Range<Int>) throws(DeviceError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var span = bytes.mutableSpan
        try read(into: &span, at: range.lowerBound)
        return bytes
    }

    /// The dm-verity digests of `blocks`, 32 bytes each.
    func hashes(of blocks: Range<Int>, salt: [UInt8]) throws(DeviceError) -> [UInt8] {
        var digests = [UInt8](repeating: 0, count: blocks.count * Digest.byteCount)
        var span = digests.mutableSpan
        try hashBlocks(blocks, salt: salt.span, into: &span)
        return digests
    }

    public var stretch: Int { 16 << 20 }

    /// For a device that does one thing at a time.
    public func beginHashing(
        _ blocks: Range<Int>,
        salt: [UInt8]
    ) throws(DeviceError) -> any ComingHashes {
        HashesAtHand(digests: try hashes(of: blocks, salt: salt))
    }
}

private final class HashesAtHand: ComingHashes {
    private let digests: [UInt8]
    init(digests: [UInt8]) { self.digests = digests }
    func wait() throws(DeviceError) -> [UInt8] { digests }
}

extension Hashing {
    /// The dm-verity digests of whole blocks in memory.
    func hashes(of blocks: [UInt8], salt: [UInt8]) -> [UInt8] {
        let count = blocks.count / SlotLayout.blockSize
        var digests = [UInt8](repeating: 0, count: count * Digest.byteCount)
        var span = digests.mutableSpan
        hashBlocks(blocks.span, salt: salt.span, into: &span)
        return digests
    }
}
