import Slots

/// What the superblock of an ext2, ext3 or ext4 file system says of its extent.
///
/// | offset | size | field |
/// |--|--|--|
/// | 1024 + 4 | 4 | blocks, the low half |
/// | 1024 + 24 | 4 | log2 of a block's bytes, less 10 |
/// | 1024 + 56 | 2 | magic EF53 |
/// | 1024 + 96 | 4 | incompatible features; 80 hexadecimal: 64-bit numbers |
/// | 1024 + 336 | 4 | blocks, the high half, with that feature |
///
/// Source: the kernel's `Documentation/filesystems/ext4/super.rst`.
public struct ExtSuperblock: Sendable, Hashable {
    /// Bytes the file system takes from the start of its device.
    public let size: Int

    /// `start` is the first 4096 bytes of the device; `nil` when there is no such file system.
    public init?(parsing start: [UInt8]) {
        guard start.count >= 2048, start.number(at: 1024 + 56, 2) == 0xEF53 else { return nil }
        let shift = start.number(at: 1024 + 24, 4)
        let isLarge = start.number(at: 1024 + 96, 4) & 0x80 != 0
        let high = isLarge ? start.number(at: 1024 + 336, 4) : 0
        // At most 64 KiB in a block, and no more than a device can have.
        guard shift <= 6, high < 1 << 15 else { return nil }
        size = (high << 32 | start.number(at: 1024 + 4, 4)) << (10 + shift)
    }

    /// Whether a partition of `size` bytes has a black box behind its file system: without this
    /// nothing is written there.
    public func leavesBlackBox(in size: Int) -> Bool {
        self.size > 0 && self.size <= size - BlackBoxLayout.size
    }
}

extension [UInt8] {
    /// The little-endian number of `count` bytes at `offset`.
    fileprivate func number(at offset: Int, _ count: Int) -> Int {
        (0..<count).reversed().reduce(0) { $0 << 8 | Int(self[offset + $1]) }
    }
}
