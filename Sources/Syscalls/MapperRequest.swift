/// One request to the device mapper, as bytes: `struct dm_ioctl`, and behind it a table of one
/// target when there is one. Source: `linux/dm-ioctl.h`.
///
/// | offset | size | field |
/// |--|--|--|
/// | 0 | 12 | version 4.0.0 |
/// | 12 | 4 | bytes of the whole |
/// | 16 | 4 | where the data begins: 312 |
/// | 20 | 4 | targets |
/// | 28 | 4 | flags |
/// | 40 | 8 | device number, set by the kernel |
/// | 48 | 128 | name |
/// | 176 | 129 | uuid |
/// | 312 | 8, 8 | the target's first sector, its sectors |
/// | 332 | 4 | bytes to the next target |
/// | 336 | 16 | the target's type |
/// | 352 | rest | its parameters, ended by a NUL |
struct MapperRequest {
    static let headerSize = 312
    static let targetSize = 40
    static let readOnly: UInt32 = 1
    /// More than any answer to these requests.
    static let size = 4096

    private(set) var bytes: [UInt8]

    init(name: String, uuid: String = "", flags: UInt32 = MapperRequest.readOnly) {
        bytes = [UInt8](repeating: 0, count: Self.size)
        set(UInt32(4), at: 0)
        set(UInt32(Self.size), at: 12)
        set(UInt32(Self.headerSize), at: 16)
        set(flags, at: 28)
        set(name, at: 48, limit: 127)
        set(uuid, at: 176, limit: 128)
    }

    /// Gives the device one target over all its 512-byte sectors; false when it does not fit.
    mutating func setTarget(_ type: String, sectors: Int, parameters: String) -> Bool {
        let start = Self.headerSize + Self.targetSize
        let length = parameters.utf8.count + 1
        guard start + length + 8 <= Self.size else { return false }
        set(UInt32(1), at: 20)
        set(UInt64(sectors), at: Self.headerSize + 8)
        set(UInt32((Self.targetSize + length + 7) / 8 * 8), at: Self.headerSize + 20)
        set(type, at: Self.headerSize + 24, limit: 15)
        set(parameters, at: start, limit: length - 1)
        return true
    }

    /// The device number in the kernel's answer: major in bits 8 to 19, minor in the others.
    static func minor(of answer: [UInt8]) -> Int {
        let device = answer[40..<48].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(device & 0xff | device >> 12 & 0xf_ff00)
    }

    private mutating func set(_ value: some FixedWidthInteger, at offset: Int) {
        var rest = value
        for index in 0..<(value.bitWidth / 8) {
            bytes[offset + index] = UInt8(truncatingIfNeeded: rest)
            rest >>= 8
        }
    }

    private mutating func set(_ text: String, at offset: Int, limit: Int) {
        for (index, byte) in text.utf8.prefix(limit).enumerated() { bytes[offset + index] = byte }
    }
}
