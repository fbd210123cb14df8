import Syscalls

/// How large a disk and its sectors are.
struct Geometry {
    let size: Int
    let sectorSize: Int
    let physicalSectorSize: Int

    var isSupported: Bool { sectorSize == 512 || sectorSize == 4096 }

    init(ofBlockDevice descriptor: borrowing Descriptor) throws(Errno) {
        size = try descriptor.blockDeviceSize()
        sectorSize = try descriptor.logicalSectorSize()
        physicalSectorSize = try descriptor.physicalSectorSize()
    }

    /// A partition table says in which sector size it was made: its header is in the second
    /// sector, its backup in the last (UEFI specification 2.10, 5.3.2).
    init(ofImage descriptor: borrowing Descriptor, size: Int) throws(Errno) {
        var found = 512
        search: for place in [\Self.primary, \.backup] {
            for candidate in [512, 4096] {
                let offset = Self(size: size, sectorSize: candidate)[keyPath: place]
                if try Self.hasHeader(descriptor, at: offset, size) {
                    found = candidate
                    break search
                }
            }
        }
        self.init(size: size, sectorSize: found)
    }

    private init(size: Int, sectorSize: Int) {
        self.size = size
        self.sectorSize = sectorSize
        physicalSectorSize = sectorSize
    }

    private var primary: Int { sectorSize }
    private var backup: Int { size / sectorSize * sectorSize - sectorSize }

    private static func hasHeader(
        _ descriptor: borrowing Descriptor,
        at offset: Int,
        _ size: Int
    ) throws(Errno) -> Bool {
        guard offset >= 0, offset + 8 <= size else { return false }
        var bytes = [UInt8](repeating: 0, count: 8)
        var span = bytes.mutableSpan
        let count = try descriptor.read(into: &span, at: offset)
        return count == 8 && bytes == Array("EFI PART".utf8)
    }
}
