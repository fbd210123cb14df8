import Slots
import SlotsDisk
import Support
import Syscalls
import Testing

/// Copies whose files are there but not as they should be.
@Suite struct BrokenCopyTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let shape = FATImage.Shape(kind: .fat16, sectorSize: 512, clusterSectors: 4)

    private func device(_ shape: FATImage.Shape) throws -> MemoryDevice {
        try FATImage.memory(shape, in: folder)
    }

    /// Where the entry of a copy is.
    private func entry(_ copy: Int, in bytes: [UInt8]) throws -> Int {
        let name = Array("ENV\(copy)       ".utf8)
        return try #require(
            stride(from: 0, to: bytes.count, by: 32).first { bytes[$0..<($0 + 11)] == name[...] }
        )
    }

    @Test(
        "an entry that leads nowhere is damaged to read, and made anew by a write",
        arguments: [0, 1, 60000]
    )
    func leadsNowhere(cluster: Int) throws {
        var bytes = try device(Self.shape).contents
        let entry = try entry(1, in: bytes)
        bytes[entry + 26] = UInt8(truncatingIfNeeded: cluster)
        bytes[entry + 27] = UInt8(truncatingIfNeeded: cluster >> 8)
        let device = MemoryDevice(bytes, sectorSize: 512)
        let partition = SystemPartition(on: device)
        #expect(throws: RecordStoreError.damaged(reason: "a chain leads to cluster \(cluster)")) {
            try partition.readCopy(1)
        }
        try partition.writeCopy(1, FATImage.block(1, 2))
        #expect(try partition.readCopy(1) == FATImage.block(1, 2))
        #expect(try partition.readCopy(0) == FATImage.block(0, 0))
    }

    @Test("two copies in the same cluster are parted by a write")
    func crossLinked() throws {
        var bytes = try device(Self.shape).contents
        let first = try entry(0, in: bytes)
        let second = try entry(1, in: bytes)
        bytes[second + 26] = bytes[first + 26]
        bytes[second + 27] = bytes[first + 27]
        let partition = SystemPartition(on: MemoryDevice(bytes, sectorSize: 512))
        try partition.writeCopy(1, FATImage.block(1, 2))
        #expect(try partition.readCopy(0) == FATImage.block(0, 0))
        #expect(try partition.readCopy(1) == FATImage.block(1, 2))
    }

    @Test("a copy cut short is read as far as it goes, and made anew by a write")
    func short() throws {
        var bytes = try device(Self.shape).contents
        let entry = try entry(2, in: bytes)
        bytes.replaceSubrange((entry + 28)..<(entry + 32), with: [0x2C, 1, 0, 0])
        let partition = SystemPartition(on: MemoryDevice(bytes, sectorSize: 512))
        #expect(try partition.readCopy(2) == Array(FATImage.block(2, 0)[..<300]))
        try partition.writeCopy(2, FATImage.block(2, 1))
        #expect(try partition.readCopy(2) == FATImage.block(2, 1))
    }

    @Test("a copy with no bytes, or with a folder in its place, is missing, and made anew")
    func emptyFile() throws {
        let bytes = try device(Self.shape).contents
        let place = try entry(0, in: bytes)
        for change in [(28..<32, [UInt8](repeating: 0, count: 4)), (11..<12, [0x10])] {
            var bytes = bytes
            bytes.replaceSubrange(
                (place + change.0.lowerBound)..<(place + change.0.upperBound),
                with: change.1
            )
            let partition = SystemPartition(on: MemoryDevice(bytes, sectorSize: 512))
            #expect(throws: RecordStoreError.missing) { try partition.readCopy(0) }
            try partition.writeCopy(0, FATImage.block(0, 1))
            #expect(try partition.readCopy(0) == FATImage.block(0, 1))
        }
    }
}
