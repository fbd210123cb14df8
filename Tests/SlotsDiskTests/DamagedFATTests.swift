import Slots
import SlotsDisk
import Support
import Syscalls
import Testing

@Suite struct DamagedFATTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// What reading and writing a copy says after a change of the boot sector.
    private func refusal(
        _ kind: FATImage.Kind = .fat16,
        sectorSize: Int = 512,
        _ change: (inout [UInt8]) -> Void
    ) throws -> String? {
        let shape = FATImage.Shape(kind: kind, sectorSize: 512, clusterSectors: 1)
        var bytes = try FATImage.memory(shape, in: folder).contents
        change(&bytes)
        let partition = SystemPartition(on: MemoryDevice(bytes, sectorSize: sectorSize))
        let read = #expect(throws: RecordStoreError.self) { try partition.readCopy(0) }
        let write = #expect(throws: RecordStoreError.self) {
            try partition.writeCopy(0, FATImage.block(0, 1))
        }
        #expect(read == write)
        guard case .damaged(let reason) = read else { return nil }
        return reason
    }

    @Test("no signature")
    func signature() throws {
        #expect(try refusal { $0[510] = 0 } == "no FAT signature")
    }

    @Test("a partition of a few sectors")
    func tiny() {
        let partition = SystemPartition(
            on: MemoryDevice([UInt8](repeating: 0, count: 2048), sectorSize: 512)
        )
        #expect(throws: RecordStoreError.damaged(reason: "the partition is too small")) {
            try partition.readCopy(0)
        }
    }

    @Test("sectors of a size nobody has, or smaller than the device's")
    func sectorSize() throws {
        #expect(
            try refusal { $0.replaceSubrange(11..<13, with: [0, 3]) } == "FAT sectors of 768 bytes"
        )
        let folder = try TemporaryFolder()
        let other = DamagedFATTests(in: folder)
        #expect(try other.refusal(sectorSize: 4096) { _ in } == "FAT sectors of 512 bytes")
    }

    private init(in folder: TemporaryFolder) { self.folder = folder }

    @Test("clusters of no sectors, or of three")
    func clusterSize() throws {
        #expect(try refusal { $0[13] = 3 } == "clusters of 3 sectors")
        #expect(
            try DamagedFATTests(in: TemporaryFolder()).refusal { $0[13] = 0 }
                == "clusters of 0 sectors"
        )
    }

    @Test("no tables")
    func noTables() throws {
        #expect(try refusal { $0[16] = 0 } == "no FAT tables")
    }

    @Test("more sectors than the partition has")
    func tooLarge() throws {
        #expect(
            try refusal {
                $0.replaceSubrange(19..<21, with: [0, 0])
                $0.replaceSubrange(32..<36, with: [0, 0, 0, 1])
            } == "the file system is larger than its partition"
        )
    }

    @Test("as few clusters as FAT12 has, which nothing here uses")
    func fat12() throws {
        #expect(
            try refusal { $0.replaceSubrange(19..<21, with: [0, 16]) }?.hasSuffix(" clusters")
                == true
        )
    }

    @Test("tables that are too small for their clusters")
    func tableTooSmall() throws {
        #expect(
            try refusal { $0.replaceSubrange(22..<24, with: [1, 0]) }
                == "the FAT tables are too small"
        )
    }

    @Test("FAT32 that names a table it does not have as the one in use")
    func activeTable() throws {
        #expect(
            try refusal(.fat32) { $0.replaceSubrange(40..<42, with: [0x85, 0]) }
                == "no active FAT table"
        )
    }

    @Test("FAT32 that uses only its second table is read and written through that one")
    func secondTable() throws {
        let shape = FATImage.Shape(kind: .fat32, sectorSize: 512, clusterSectors: 1)
        var bytes = try FATImage.memory(shape, in: folder).contents
        bytes.replaceSubrange(40..<42, with: [0x81, 0])
        let start = 512 * (Int(bytes[14]) | Int(bytes[15]) << 8)
        let length = 512 * (Int(bytes[36]) | Int(bytes[37]) << 8)
        bytes.replaceSubrange(start..<(start + length), with: [UInt8](repeating: 0, count: length))
        let device = MemoryDevice(bytes, sectorSize: 512)
        let partition = SystemPartition(on: device)
        #expect(try partition.readCopy(2) == FATImage.block(2, 0))
        try partition.writeCopy(2, FATImage.block(2, 1))
        #expect(try partition.readCopy(2) == FATImage.block(2, 1))
        #expect(device.contents[start..<(start + length)].allSatisfy { $0 == 0 })
    }

    @Test("a folder whose chain runs in a circle")
    func circle() throws {
        // The folder KEEL's only cluster leads to itself, and is full of entries.
        let shape = FATImage.Shape(kind: .fat16, sectorSize: 512, clusterSectors: 1)
        var bytes = try FATImage.memory(shape, in: folder).contents
        let name = Array("KEEL       ".utf8)
        let entry = try #require(
            stride(from: 0, to: bytes.count, by: 32).first { bytes[$0..<($0 + 11)] == name[...] }
        )
        let cluster = Int(bytes[entry + 26]) | Int(bytes[entry + 27]) << 8
        let table = 512 * (Int(bytes[14]) | Int(bytes[15]) << 8)
        bytes[table + cluster * 2] = bytes[entry + 26]
        bytes[table + cluster * 2 + 1] = bytes[entry + 27]
        let partition = SystemPartition(on: MemoryDevice(bytes, sectorSize: 512))
        let reason = "a chain from cluster \(cluster) does not end"
        #expect(throws: RecordStoreError.damaged(reason: reason)) { try partition.readCopy(0) }
    }

    @Test("no room left for a copy made anew")
    func full() throws {
        let shape = FATImage.Shape(kind: .fat16, sectorSize: 512, clusterSectors: 1)
        _ = try FATImage.make(shape, in: folder)
        try run("mdel", "-i", folder("fat"), "::/keel/env0")
        var bytes = try File.read(folder("fat"), limit: 64 << 20)
        let table = 512 * (Int(bytes[14]) | Int(bytes[15]) << 8)
        let length = 512 * (Int(bytes[22]) | Int(bytes[23]) << 8)
        for offset in stride(from: table, to: table + length, by: 2)
        where bytes[offset] == 0 && bytes[offset + 1] == 0 {
            bytes[offset] = 0xF7
            bytes[offset + 1] = 0xFF
        }
        let partition = SystemPartition(on: MemoryDevice(bytes, sectorSize: 512))
        #expect(throws: RecordStoreError.damaged(reason: "no free cluster")) {
            try partition.writeCopy(0, FATImage.block(0, 1))
        }
        #expect(try partition.readCopy(1) == FATImage.block(1, 0))
    }

    @Test("a file called KEEL where the folder should be")
    func notAFolder() throws {
        let shape = FATImage.Shape(kind: .fat16, sectorSize: 512, clusterSectors: 1)
        let image = try FATImage.empty(shape, in: folder)
        try File.append([1].span, to: folder("keel"))
        try run("mcopy", "-i", image, folder("keel"), "::/keel")
        let partition = SystemPartition(
            on: MemoryDevice(try File.read(image, limit: 64 << 20), sectorSize: 512)
        )
        #expect(throws: RecordStoreError.missing) { try partition.readCopy(0) }
        #expect(throws: RecordStoreError.damaged(reason: "KEEL is not a folder")) {
            try partition.writeCopy(0, FATImage.block(0, 1))
        }
    }
}
