import Slots

/// What can happen to a copy of the boot record without anybody's doing.
public enum Damage: String, Sendable, Hashable, CaseIterable {
    case flippedBit
    case blank
    case noise
    case padding
    case unreadable
}

extension World {
    /// Damages copy `copy` of the record on the medium.
    public func damage(_ copy: Int, _ damage: Damage) {
        let offset = copyOffsets[copy]
        var bytes = recordDisk.durableBytes(offset..<(offset + EnvironmentBlock.size))
        switch damage {
        case .flippedBit:
            let bit = Int.random(in: 0..<(100 * 8), using: &generator)
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        case .blank: bytes = [UInt8](repeating: 0, count: bytes.count)
        case .noise: bytes = generator.bytes(bytes.count)
        case .padding: bytes[bytes.count - 1] = 0
        case .unreadable: recordDisk.unreadable.append(offset..<(offset + bytes.count))
        }
        recordDisk.tamper(bytes, at: offset)
    }

    /// A sector that could not be read is written anew by the drive when it is written.
    public func remapUnreadable() { recordDisk.unreadable = [] }
}
