import Simulator
import SlotsDisk
import Support
import Syscalls
import Testing
import Trust

/// The places a device can stand on.
enum Place: String, CaseIterable, CustomTestStringConvertible {
    case image = "an image file"
    case image4096 = "an image file with 4096-byte sectors"
    case oddImage = "an image file at an odd sector"
    case bufferedImage = "an image file whose file system cannot write single sectors"
    case loop512 = "a loop device"
    case loop4096 = "a loop device with 4096-byte sectors"
    case ownNode = "a partition's own node"

    var testDescription: String { rawValue }
    var sectorSize: Int { self == .image4096 || self == .loop4096 ? 4096 : 512 }
    var isOdd: Bool { self == .oddImage || self == .bufferedImage }
    var isFile: Bool { isOdd || self == .image || self == .image4096 }
}

/// A device in the middle of a disk full of random bytes, and what it stands on.
final class Bench {
    static let diskSize = 8 << 20

    let device: PartitionDevice
    private let mounted: MountedFileSystem?
    private let loop: LoopDevice?

    let image: String
    /// Bytes of the disk.
    let range: Range<Int>

    init(_ place: Place, in folder: TemporaryFolder) throws {
        var loop: LoopDevice?
        var mounted: MountedFileSystem?
        if place == .bufferedImage {
            let outer = try LoopDevice(
                on: folder.image("outer", size: 64 << 20),
                sectorSize: 4096
            )
            loop = outer
            mounted = try MountedFileSystem(at: folder("mounted"), of: outer)
        }
        let image = folder(place == .bufferedImage ? "mounted/image" : "image")
        let size = Self.diskSize
        let range = place.isOdd ? 1536..<(size - 512) : (1 << 20)..<(size - (1 << 20))
        let file = try File.create(image, permissions: 0o600)
        var generator = SeededGenerator(seed: 7)
        try file.write(generator.bytes(size).span, at: 0)
        if place == .image4096 { try file.write(Array("EFI PART".utf8).span, at: 4096) }
        try file.synchronize()
        var path = image
        if !place.isFile {
            let device = try LoopDevice(on: image, sectorSize: place.sectorSize)
            loop = device
            path = device.path
            if place == .ownNode { try run("addpart", path, "1", "2048", "\(range.count / 512)") }
        }
        let disk = try Disk(opening: path, for: .writing(wait: .zero))
        device = try disk.device(range, hashing: OpenSSLHashing(), rate: nil)
        self.mounted = mounted
        self.loop = loop
        self.image = image
        self.range = range
    }

    /// What the whole disk holds, read past the device.
    func medium() throws -> [UInt8] { try File.read(image, limit: Self.diskSize) }
}
