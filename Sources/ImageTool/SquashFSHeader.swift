import Slots

/// What the superblock of a SquashFS image says of itself.
///
/// | offset | size | field |
/// |--|--|--|
/// | 0 | 4 | magic `hsqs` |
/// | 8 | 4 | modification time, seconds since 1970 |
/// | 20 | 2 | compressor |
/// | 28, 30 | 2, 2 | version, 4 and 0 |
/// | 40 | 8 | bytes used |
///
/// Little-endian. Source: Linux `fs/squashfs/squashfs_fs.h`, `struct squashfs_super_block`.
struct SquashFSHeader: Equatable {
    static let size = 96

    enum Compressor: String, Equatable {
        case gzip
        case lzo
        case xz
    }

    let compressor: Compressor
    let modified: Timestamp
    let bytesUsed: Int

    /// `fileSize` is the whole image's.
    init(_ bytes: [UInt8], fileSize: Int) throws(SquashFSFault) {
        guard bytes.count >= Self.size, bytes.starts(with: Array("hsqs".utf8)) else {
            throw .noMagic(found: Array(bytes.prefix(4)))
        }
        func number(_ offset: Int, _ size: Int) -> Int {
            bytes[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        guard number(28, 2) == 4, number(30, 2) == 0 else {
            throw .version(major: number(28, 2), minor: number(30, 2))
        }
        compressor = try Self.compressor(number(20, 2))
        modified = Timestamp(seconds: number(8, 4))
        guard fileSize.isMultiple(of: 4096), fileSize >= 8192 else {
            throw .size(fileSize)
        }
        // The trailer in a slot is looked for where the superblock says that the root ends.
        // 1 TiB and more is no size of ours, and its top bit would make a number negative.
        let used = bytes[45..<48] == [0, 0, 0] ? number(40, 8) : Int.max - 4096
        let expected = SlotLayout.roundUp(used)
        guard fileSize == expected else {
            throw .length(found: fileSize, expected: expected)
        }
        bytesUsed = used
    }

    private static func compressor(_ number: Int) throws(SquashFSFault) -> Compressor {
        switch number {
        case 1: return .gzip
        case 3: return .lzo
        case 4: return .xz
        case 2: throw .compressor("lzma")
        case 5: throw .compressor("lz4")
        case 6: throw .compressor("zstd")
        default: throw .compressor("number \(number)")
        }
    }
}

/// Why a file cannot be the root of a release.
enum SquashFSFault: Error, Equatable {
    case noMagic(found: [UInt8])
    case version(major: Int, minor: Int)
    /// The boot loader cannot read it.
    case compressor(String)
    /// Not a multiple of 4 KiB, or less than 8 KiB.
    case size(Int)
    /// The file is not as long as the superblock says, rounded up to 4 KiB.
    case length(found: Int, expected: Int)
}
