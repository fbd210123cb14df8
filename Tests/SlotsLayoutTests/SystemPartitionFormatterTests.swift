import Slots
import SlotsDisk
import SlotsLayout
import Support
import Syscalls
import Testing
import Trust

@Suite struct SystemPartitionFormatterTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A program with as much of a header as the firmware asks for.
    private static func program(_ size: Int, isSigned: Bool = false) -> [UInt8] {
        var bytes = [UInt8](repeating: 7, count: size)
        bytes.replaceSubrange(0..<2, with: Array("MZ".utf8))  // DOS header
        bytes.replaceSubrange(0x3C..<0x40, with: [0x80, 0, 0, 0])  // where PE is
        bytes.replaceSubrange(0x80..<0x84, with: Array("PE\0\0".utf8))
        bytes.replaceSubrange(0x98..<0x9A, with: [0x0B, 0x02])  // PE32+
        bytes.replaceSubrange(0x128..<0x130, with: [UInt8](repeating: isSigned ? 1 : 0, count: 8))
        return bytes
    }

    private static let loader = program(900_000)
    private static let record = {
        let text = "# GRUB Environment Block\nORDER=A B\nA=good\nB=none\nSEQ=1\nEND=keel1\n"
        let padding = String(repeating: "#", count: 1024 - text.utf8.count)
        return Array((text + padding).utf8)
    }()

    /// An image that is nothing but the system partition.
    private func formatted(sectorSize: Int, in folder: TemporaryFolder) throws -> String {
        let disk = try Disk(
            creatingImage: folder("esp"),
            size: Layout.systemSize,
            sectorSize: sectorSize,
            permissions: 0o600
        )
        let device = try disk.device(0..<disk.size, hashing: OpenSSLHashing(), rate: nil)
        let formatter = try SystemPartitionFormatter(
            volumeID: 0x4B45_454C,
            loader: Self.loader,
            record: Self.record
        )
        try formatter.format(device)
        return folder("esp")
    }

    private func file(_ name: String, in image: String) throws -> [UInt8] {
        try run("mcopy", "-n", "-o", "-i", image, "::/" + name, folder("out"))
        return try File.read(folder("out"), limit: 4 << 20)
    }

    @Test("fsck finds nothing, and mtools reads every file", arguments: [512, 4096])
    func tools(sectorSize: Int) throws {
        let image = try formatted(sectorSize: sectorSize, in: folder)
        // Seven files, three folders and the label.
        let verdict = try run("fsck.vfat", "-n", "-v", image)
        #expect(verdict.contains("11 files, 1542/32731 clusters"))
        #expect(verdict.contains("4096 bytes per cluster"))
        let filled = Self.loader + [UInt8](repeating: 0, count: (2 << 20) - Self.loader.count)
        #expect(try file("EFI/BOOT/BOOTX64.EFI", in: image) == filled)
        #expect(try file("EFI/BOOT/BOOTX64.OLD", in: image) == filled)
        for copy in 0..<3 { #expect(try file("KEEL/ENV\(copy)", in: image) == Self.record) }
        for copy in 0..<2 {
            let reserve = try file("KEEL/RESERVE\(copy)", in: image)
            #expect(reserve.count == 1 << 20 && reserve.allSatisfy { $0 == 0 })
        }
        #expect(try run("mdir", "-i", image, "::/").contains("Volume in drive : is EFI-SYSTEM"))
        #expect(try run("mdir", "-i", image, "::/").contains("Volume Serial Number is 4B45-454C"))
    }

    @Test(
        "the copies of the record are 1 MiB apart, in clusters on 4 KiB boundaries",
        arguments: [512, 4096]
    )
    func places(sectorSize: Int) throws {
        let image = try formatted(sectorSize: sectorSize, in: folder)
        let bytes = try File.read(image, limit: Layout.systemSize)
        let places = stride(from: 0, to: bytes.count, by: 512).filter {
            bytes[$0..<($0 + 16)] == Self.record[..<16]
        }
        #expect(places.count == 3)
        #expect(places.allSatisfy { $0.isMultiple(of: 4096) })
        #expect(places[1] - places[0] > 1 << 20 && places[2] - places[1] > 1 << 20)
    }

    @Test("the same input gives the same bytes")
    func reproducible() throws {
        let digests = try (0..<2).map { _ in
            let folder = try TemporaryFolder()
            let image = try formatted(sectorSize: 512, in: folder)
            let bytes = try File.read(image, limit: Layout.systemSize)
            return OpenSSLHashing().sha256(bytes.span)
        }
        #expect(digests[0] == digests[1])
    }

    @Test("what lay there before does not show: a disk full of old bytes passes fsck too")
    func overOldBytes() throws {
        let image = try folder.image("esp", size: Layout.systemSize)
        let file = try Descriptor(opening: image, for: .both)
        let old = [UInt8](repeating: 0xE5, count: 8 << 20)
        try file.write(old.span, at: 0)
        let disk = try Disk(opening: image, for: .writing(wait: .zero))
        let device = try disk.device(0..<disk.size, hashing: OpenSSLHashing(), rate: nil)
        try SystemPartitionFormatter(volumeID: 1, loader: Self.loader, record: Self.record)
            .format(device)
        try run("fsck.vfat", "-n", image)
    }

    @Test(
        "record and loader work on the new file system, on a disk with a table",
        arguments: [Place.loop512, .loop4096]
    )
    func onDisk(place: Place) throws {
        let bench = try Bench(place, in: folder)
        let layout = try Layout.create(on: bench.disk, slotSize: Place.slotSize, identities: .test)
        let device = try bench.disk.device(
            layout.systemPartition.range,
            hashing: OpenSSLHashing(),
            rate: nil
        )
        try SystemPartitionFormatter(volumeID: 1, loader: Self.loader, record: Self.record)
            .format(device)
        let partition = SystemPartition(on: device)
        var block = Self.record
        block[40] = UInt8(ascii: "x")
        for copy in 0..<3 {
            #expect(try partition.readCopy(copy) == Self.record)
            try partition.writeCopy(copy, block)
            #expect(try partition.readCopy(copy) == block)
        }
        let loaders = LoaderFiles(on: device)
        #expect(try loaders.upgrade(to: Self.loader) == .alreadyInPlace)
        let next = Self.program(1_000_000)
        #expect(try loaders.upgrade(to: next) == .replaced)
        #expect(try loaders.current().starts(with: next))
        try run("sync", bench.image)
        try run("fsck.vfat", "-n", bench.disk.path + "p1")
    }

    @Test("a loader that is too large, no program, or signed and not whole is refused")
    func refused() throws {
        func refusal(_ loader: [UInt8]) -> LoaderError? {
            #expect(throws: LoaderError.self) {
                _ = try SystemPartitionFormatter(volumeID: 1, loader: loader, record: Self.record)
            }
        }
        let limit = LoaderFiles.limit
        #expect(refusal(Self.program(limit + 1)) == .tooLarge(size: limit + 1, limit: limit))
        #expect(refusal([1, 2, 3]) == .notALoader)
        #expect(
            refusal(Self.program(5000, isSigned: true))
                == .signedButNotWhole(size: 5000, capacity: limit)
        )
        _ = try SystemPartitionFormatter(
            volumeID: 1,
            loader: Self.program(limit, isSigned: true),
            record: Self.record
        )
    }
}
