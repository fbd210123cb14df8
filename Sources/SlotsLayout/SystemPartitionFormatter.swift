public import Slots
public import SlotsDisk

/// Makes the file system of the EFI system partition, byte for byte the same for the same input.
///
/// FAT16 with 4 KiB clusters that lie on 4 KiB boundaries of the partition:
///
/// | offset | what |
/// |--|--|
/// | 0 | boot sector, 4 KiB reserved |
/// | 4 KiB | two tables of 64 KiB |
/// | 132 KiB | root folder, 512 entries |
/// | 148 KiB | clusters: `EFI`, `EFI/BOOT`, `KEEL`, then the files one after the other |
///
/// Files: `EFI/BOOT/BOOTX64.EFI` and `BOOTX64.OLD`, 2 MiB each; `KEEL/ENV0`, `RESERVE0` (1 MiB),
/// `ENV1`, `RESERVE1` (1 MiB), `ENV2`.
/// Source: Microsoft FAT specification 1.03.
public struct SystemPartitionFormatter: Sendable {
    public static let clusterSize = 4096
    static let tableSize = 64 << 10
    static let rootSize = 512 * FATEntry.byteCount
    static let clusterLimit = tableSize / 2 - 2
    static let dataStart = 4096 + 2 * tableSize + rootSize
    static let label = "EFI-SYSTEM "

    private let volumeID: UInt32
    private let loader: [UInt8]
    private let record: [UInt8]

    /// `loader` fills both loader files, with zeros after it; `record` all three copies.
    ///
    /// Throws `.tooLarge`, `.notALoader` or `.signedButNotWhole`.
    ///
    /// - Precondition: `record` has 1024 bytes.
    public init(
        volumeID: UInt32,
        loader: [UInt8],
        record: [UInt8]
    ) throws(LoaderError) {
        precondition(record.count == 1024, "a record block has 1024 bytes")
        guard loader.count <= LoaderFiles.limit else {
            throw .tooLarge(size: loader.count, limit: LoaderFiles.limit)
        }
        guard LoaderImage.isProgram(loader) else { throw .notALoader }
        guard loader.count == LoaderFiles.limit || !LoaderImage.isSigned(loader) else {
            throw .signedButNotWhole(size: loader.count, capacity: LoaderFiles.limit)
        }
        self.volumeID = volumeID
        self.loader = loader + [UInt8](repeating: 0, count: LoaderFiles.limit - loader.count)
        self.record = record
    }

    /// Writes the file system; whole and durable when it returns. The boot sector comes last, so
    /// a power cut leaves no file system that looks like one.
    ///
    /// What the free clusters held stays.
    ///
    /// - Precondition: `device` has 17 MiB to 128 MiB.
    public func format(_ device: any BlockDevice) throws(DeviceError) {
        let count = (device.size - Self.dataStart) / Self.clusterSize
        precondition((4085...Self.clusterLimit).contains(count), "the size is one for this FAT16")
        let blank = [UInt8](repeating: 0, count: Self.clusterSize)
        try device.write(blank.span, at: 0)
        try device.flush()
        var tree = FATTree()
        tree.add("EFI", "BOOT", files: [("BOOTX64.EFI", loader), ("BOOTX64.OLD", loader)])
        let reserve = [UInt8](repeating: 0, count: 1 << 20)
        tree.add(
            "KEEL",
            files: [
                ("ENV0", record), ("RESERVE0", reserve), ("ENV1", record),
                ("RESERVE1", reserve), ("ENV2", record),
            ]
        )
        try tree.write(to: device)
        try device.flush()
        try device.write(bootSector(device).span, at: 0)
        try device.flush()
    }

    private func bootSector(_ device: any BlockDevice) -> [UInt8] {
        let sectorSize = device.sectorSize
        let sectors = device.size / sectorSize
        var bytes = [UInt8](repeating: 0, count: Self.clusterSize)
        bytes.replaceSubrange(0..<3, with: [0xEB, 0x3C, 0x90])  // jump over what follows
        bytes.replaceSubrange(3..<11, with: Array("KEELOS  ".utf8))
        bytes.put16(sectorSize, at: 11)
        bytes[13] = UInt8(Self.clusterSize / sectorSize)
        bytes.put16(Self.clusterSize / sectorSize, at: 14)  // reserved sectors
        bytes[16] = 2  // tables
        bytes.put16(512, at: 17)  // entries of the root folder
        bytes.put16(sectors < 65536 ? sectors : 0, at: 19)
        bytes[21] = 0xF8  // a fixed disk
        bytes.put16(Self.tableSize / sectorSize, at: 22)
        bytes.put16(63, at: 24)  // sectors of a track, heads: nobody asks any more
        bytes.put16(255, at: 26)
        bytes.put32(sectors < 65536 ? 0 : sectors, at: 32)
        bytes[36] = 0x80
        bytes[38] = 0x29  // the three fields below are there
        bytes.put32(Int(volumeID), at: 39)
        bytes.replaceSubrange(43..<54, with: Array(Self.label.utf8))
        bytes.replaceSubrange(54..<62, with: Array("FAT16   ".utf8))
        bytes[510] = 0x55
        bytes[511] = 0xAA
        return bytes
    }
}
