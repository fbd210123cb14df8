import Slots
import SlotsDisk
import Support
import Syscalls
import Testing
import Trust

@Suite struct SystemPartitionTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let shape = FATImage.Shape(kind: .fat16, sectorSize: 512, clusterSectors: 4)

    private func device(_ shape: FATImage.Shape) throws -> MemoryDevice {
        try FATImage.memory(shape, in: folder)
    }

    /// A partition on an image file.
    private func partition(on image: String) throws -> SystemPartition {
        let disk = try Disk(opening: image, for: .writing(wait: .zero))
        return SystemPartition(
            on: try disk.device(0..<disk.size, hashing: OpenSSLHashing(), rate: nil)
        )
    }

    /// The logical sectors that differ between two whole images.
    private func changes(_ one: String, _ other: String, sectorSize: Int) throws -> Set<Int> {
        let outcome = try Spawn.run(
            "/usr/bin/cmp",
            ["-l", one, other],
            outputLimit: 1 << 20,
            timeout: .seconds(60)
        )
        let lines = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
        return Set(
            lines.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
                .map { ($0 - 1) / sectorSize }
        )
    }

    @Test("the three copies are found on every kind of FAT", arguments: FATImage.Shape.all)
    func read(shape: FATImage.Shape) throws {
        let partition = try partition(on: FATImage.make(shape, in: folder))
        for copy in 0..<3 { #expect(try partition.readCopy(copy) == FATImage.block(copy, 0)) }
    }

    @Test(
        "a write changes exactly one logical sector of the whole partition",
        arguments: FATImage.Shape.all
    )
    func write(shape: FATImage.Shape) throws {
        let image = try FATImage.make(shape, in: folder)
        for copy in 0..<3 {
            try run("cp", "--sparse=always", image, folder("before"))
            let partition = try partition(on: image)
            try partition.writeCopy(copy, FATImage.block(copy, 1))
            #expect(try partition.readCopy(copy) == FATImage.block(copy, 1))
            #expect(try changes(folder("before"), image, sectorSize: 512).count == 1)
            let found = try FATImage.file("keel/env\(copy)", of: image, in: folder)
            #expect(found == FATImage.block(copy, 1))
        }
        try run("fsck.vfat", "-n", image)
    }

    @Test("a write is one write of one sector, flushed", arguments: [512, 4096])
    func oneWrite(sectorSize: Int) throws {
        let shape = FATImage.Shape(
            kind: .fat16,
            sectorSize: sectorSize,
            clusterSectors: 4096 / sectorSize
        )
        let device = try FATImage.memory(shape, in: folder, sectorSize: sectorSize)
        try SystemPartition(on: device).writeCopy(1, FATImage.block(1, 1))
        #expect(device.writes.map(\.count) == [1, 0])
        let write = try #require(device.writes.first?.first)
        #expect(write.offset.isMultiple(of: sectorSize))
        #expect(write.bytes.count == min(sectorSize, 1024))
    }

    @Test("a volume called KEEL is not mistaken for the folder")
    func label() throws {
        let image = try FATImage.make(Self.shape, label: "KEEL", in: folder)
        let partition = try partition(on: image)
        for copy in 0..<3 { #expect(try partition.readCopy(copy) == FATImage.block(copy, 0)) }
    }

    @Test("padding that is not padding is mended before the record is written")
    func padding() throws {
        let device = try device(Self.shape)
        let partition = SystemPartition(on: device)
        var broken = FATImage.block(0, 0)
        broken[600] = 0
        try partition.writeCopy(0, broken)
        let count = device.writes.count
        try partition.writeCopy(0, FATImage.block(0, 1))
        #expect(device.writes.count == count + 2)
        #expect(try partition.readCopy(0) == FATImage.block(0, 1))
    }

    @Test(
        "a missing copy is made anew, 1 MiB away from the others, and the file system stays whole",
        arguments: FATImage.Shape.all
    )
    func recreate(shape: FATImage.Shape) throws {
        let image = try FATImage.make(shape, in: folder)
        try run("mdel", "-i", image, "::/keel/env1")
        let partition = try partition(on: image)
        #expect(throws: RecordStoreError.missing) { try partition.readCopy(1) }
        try partition.writeCopy(1, FATImage.block(1, 5))
        for copy in 0..<3 {
            let block = FATImage.block(copy, copy == 1 ? 5 : 0)
            #expect(try partition.readCopy(copy) == block)
            #expect(try FATImage.file("keel/env\(copy)", of: image, in: folder) == block)
        }
        try run("fsck.vfat", "-n", image)
        let places = try (0..<3).map { try cluster(of: $0, in: image) * shape.clusterSize }
        #expect(abs(places[1] - places[0]) >= 1 << 20)
        #expect(abs(places[1] - places[2]) >= 1 << 20)
    }

    /// The first cluster of a copy, as mtools sees it.
    private func cluster(of copy: Int, in image: String) throws -> Int {
        let text = try run("mshowfat", "-i", image, "::/keel/env\(copy)")
        let digits = text.drop { $0 != "<" }.dropFirst().prefix { $0.isNumber }
        return try #require(Int(digits))
    }

    @Test(
        "all copies and the folder are made anew on an empty file system",
        arguments: FATImage.Shape.all
    )
    func fromNothing(shape: FATImage.Shape) throws {
        let image = try FATImage.empty(shape, in: folder)
        let partition = try partition(on: image)
        for copy in 0..<3 {
            #expect(throws: RecordStoreError.missing) { try partition.readCopy(copy) }
            try partition.writeCopy(copy, FATImage.block(copy, 3))
        }
        for copy in 0..<3 { #expect(try partition.readCopy(copy) == FATImage.block(copy, 3)) }
        try run("fsck.vfat", "-n", image)
        let places = try (0..<3).map { try cluster(of: $0, in: image) * shape.clusterSize }.sorted()
        #expect(places[1] - places[0] >= 1 << 20 && places[2] - places[1] >= 1 << 20)
    }

    @Test(
        "a power cut while a copy is made anew leaves the others, and this one whole or gone"
    )
    func cuts() throws {
        let image = try FATImage.make(Self.shape, in: folder)
        try run("mdel", "-i", image, "::/keel/env0")
        let start = try File.read(image, limit: 64 << 20)
        let device = MemoryDevice(start, sectorSize: 512)
        try SystemPartition(on: device).writeCopy(0, FATImage.block(0, 9))
        var flushed = start
        var cuts = 0
        for group in device.writes {
            // Any subset of a group may have landed.
            for subset in 0..<(1 << group.count) {
                var bytes = flushed
                for (index, write) in group.enumerated() where subset >> index & 1 == 1 {
                    bytes.replaceSubrange(
                        write.offset..<(write.offset + write.bytes.count),
                        with: write.bytes
                    )
                }
                let partition = SystemPartition(on: MemoryDevice(bytes, sectorSize: 512))
                let found = try? partition.readCopy(0)
                #expect(found == nil || found == FATImage.block(0, 9))
                for copy in 1...2 {
                    #expect(try partition.readCopy(copy) == FATImage.block(copy, 0))
                }
                // And a second attempt works.
                try partition.writeCopy(0, FATImage.block(0, 10))
                #expect(try partition.readCopy(0) == FATImage.block(0, 10))
                cuts += 1
            }
            for write in group {
                flushed.replaceSubrange(
                    write.offset..<(write.offset + write.bytes.count),
                    with: write.bytes
                )
            }
        }
        #expect(cuts > 6)
    }

    @Test(
        "on a real device with real sectors a write changes one sector and no other byte",
        arguments: [512, 4096]
    )
    func onLoop(sectorSize: Int) throws {
        let shape = FATImage.Shape(
            kind: .fat16,
            sectorSize: sectorSize,
            clusterSectors: 4096 / sectorSize
        )
        _ = try FATImage.make(shape, in: folder)
        let before = try File.read(folder("fat"), limit: 64 << 20)
        let loop = try LoopDevice(on: folder("fat"), sectorSize: sectorSize)
        let disk = try Disk(opening: loop.path, for: .writing(wait: .zero))
        let device = try disk.device(0..<before.count, hashing: OpenSSLHashing(), rate: nil)
        let partition = SystemPartition(on: device)
        try partition.writeCopy(1, FATImage.block(1, 1))
        #expect(try partition.readCopy(1) == FATImage.block(1, 1))
        let after = MemoryDevice(
            try File.read(folder("fat"), limit: 64 << 20),
            sectorSize: sectorSize
        )
        #expect(after.changedSectors(since: before).count == 1)
    }

    @Test("a medium that cannot be read is a device's error")
    func unreadable() throws {
        let device = try device(Self.shape)
        let partition = SystemPartition(on: device)
        device.unreadable = 0..<512
        #expect(throws: RecordStoreError.device(DeviceError(.read, at: 0, code: 5))) {
            try partition.readCopy(0)
        }
        #expect(throws: RecordStoreError.device(DeviceError(.read, at: 0, code: 5))) {
            try partition.writeCopy(0, FATImage.block(0, 1))
        }
    }
}
