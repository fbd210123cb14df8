import Slots
import SlotsDisk
import Support
import Syscalls
import Testing

/// A flipped bit in one entry makes a file lead into what is another's.
@Suite struct CrossLinkTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let names = [
        "BOOTX64 EFI", "BOOTX64 OLD", "KEEL       ", "EFI        ", "BOOT       ",
    ]

    /// What a system partition holds, so far as a walk finds it.
    private struct Content: Equatable {
        let copies: [[UInt8]?]
        let loader: [UInt8]?

        init(_ device: MemoryDevice) {
            copies = SystemPartition(on: device).readCopies().map { try? $0.get() }
            loader = try? LoaderFiles(on: device).current()
        }
    }

    /// A system partition with three copies and two loaders, in good order.
    private func partition(_ kind: FATImage.Kind = .fat16) throws -> [UInt8] {
        let image = try FATImage.make(
            FATImage.Shape(
                kind: kind,
                sectorSize: 512,
                clusterSectors: kind == .fat16 ? 8 : 1
            ),
            in: folder
        )
        try File.append(LoaderProgram.bytes(40_000, fill: 1).span, to: folder("BOOTX64.EFI"))
        _ = try folder.image("BOOTX64.OLD", size: 60_000)
        try run("mcopy", "-i", image, folder("BOOTX64.EFI"), folder("BOOTX64.OLD"), "::/EFI/BOOT/")
        return try File.read(image, limit: 64 << 20)
    }

    private func entry(_ name: String, in bytes: [UInt8]) throws -> Int {
        let name = Array(name.utf8)
        return try #require(
            stride(from: 0, to: bytes.count, by: 32).first { bytes[$0..<($0 + 11)] == name[...] }
        )
    }

    /// `from` leads to where `to` is.
    private func linked(_ from: String, to: String) throws -> MemoryDevice {
        var bytes = try partition()
        let here = try entry(from, in: bytes) + 26
        let there = try entry(to, in: bytes) + 26
        bytes.replaceSubrange(here..<(here + 2), with: bytes[there..<(there + 2)])
        return MemoryDevice(bytes, sectorSize: 512)
    }

    @Test(
        "a copy that leads into a loader or a folder is made anew, and that is kept",
        arguments: names,
        0..<3
    )
    func foreignCopy(name: String, copy: Int) throws {
        let device = try linked("ENV\(copy)       ", to: name)
        let before = Content(device)
        try SystemPartition(on: device).writeCopy(copy, FATImage.block(copy, 9))
        let after = Content(device)
        var copies = before.copies
        copies[copy] = FATImage.block(copy, 9)
        #expect(after.copies == copies)
        #expect(after.loader == before.loader)
    }

    @Test(
        "a copy that leads into the middle of a loader is made anew",
        arguments: [1, 5, 9]
    )
    func middle(step: Int) throws {
        var bytes = try partition()
        let loader = try entry("BOOTX64 EFI", in: bytes) + 26
        let copy = try entry("ENV1       ", in: bytes) + 26
        bytes.replaceSubrange(copy..<(copy + 2), with: bytes[loader..<(loader + 2)])
        bytes[copy] += UInt8(step)
        let device = MemoryDevice(bytes, sectorSize: 512)
        try SystemPartition(on: device).writeCopy(1, FATImage.block(1, 9))
        #expect(Content(device).loader == LoaderProgram.bytes(40_000, fill: 1))
        #expect(Content(device).copies[1] == FATImage.block(1, 9))
    }

    @Test(
        "a spare loader that leads into a folder or a copy is refused, and nothing is written",
        arguments: [
            "KEEL       ", "EFI        ", "BOOT       ", "ENV0       ", "ENV1       ",
            "ENV2       ",
        ]
    )
    func foreignSpare(name: String) throws {
        let device = try linked("BOOTX64 OLD", to: name)
        let before = device.contents
        #expect(throws: LoaderError.self) {
            _ = try LoaderFiles(on: device).upgrade(to: LoaderProgram.bytes(40_000, fill: 2))
        }
        #expect(device.contents == before)
    }

    @Test(
        "a copy that leads into a folder is not written when two loaders trade their names there",
        arguments: 0..<3
    )
    func copyInTheFolder(copy: Int) throws {
        let device = try linked("ENV\(copy)       ", to: "BOOT       ")
        let before = device.contents
        #expect(throws: LoaderError.crossLinked) {
            _ = try LoaderFiles(on: device).upgrade(to: LoaderProgram.bytes(40_000, fill: 2))
        }
        #expect(device.contents == before)
        // Whoever writes the record first, as every command does, makes that copy anew.
        try SystemPartition(on: device).writeCopy(copy, FATImage.block(copy, 9))
        let outcome = try LoaderFiles(on: device).upgrade(to: LoaderProgram.bytes(40_000, fill: 2))
        #expect(outcome == .replaced)
        #expect(Content(device).copies[copy] == FATImage.block(copy, 9))
    }

    @Test(
        "no copy is made anew in a folder KEEL that leads into a loader, and nothing is written",
        arguments: ["BOOTX64 EFI", "BOOTX64 OLD"],
        0..<3
    )
    func folderInALoader(name: String, copy: Int) throws {
        let device = try linked("KEEL       ", to: name)
        let before = device.contents
        let error = #expect(throws: RecordStoreError.self) {
            try SystemPartition(on: device).writeCopy(copy, FATImage.block(copy, 9))
        }
        #expect(error == .damaged(reason: "a boot loader lies in the folder KEEL"))
        #expect(device.contents == before)
    }

    @Test(
        "no folder KEEL is made in a root that a loader leads to, and nothing is written",
        arguments: ["BOOTX64 EFI", "BOOTX64 OLD"]
    )
    func loaderInTheRoot(name: String) throws {
        var bytes = try partition(.fat32)
        let keel = try entry("KEEL       ", in: bytes)
        bytes[keel] = UInt8(ascii: "L")
        let loader = try entry(name, in: bytes)
        bytes.replaceSubrange((loader + 26)..<(loader + 28), with: [2, 0])
        let device = MemoryDevice(bytes, sectorSize: 512)
        let error = #expect(throws: RecordStoreError.self) {
            try SystemPartition(on: device).writeCopy(0, FATImage.block(0, 9))
        }
        #expect(error == .damaged(reason: "a boot loader lies in the root folder"))
        #expect(device.contents == bytes)
    }

    @Test(
        "a copy made anew takes no cluster that is another's and that the table calls free",
        arguments: names + ["ENV1       ", "ENV2       "],
        [false, true]
    )
    func calledFree(name: String, atTheEnd: Bool) throws {
        var bytes = try partition()
        let table = FATTable(of: bytes)
        let chain = try table.chain(ofEntryAt: entry(name, in: bytes), in: bytes)
        let lost = try #require(atTheEnd ? chain.last : chain.first)
        table.free(lost, in: &bytes)
        let copy = try entry("ENV0       ", in: bytes)
        bytes.replaceSubrange((copy + 26)..<(copy + 28), with: [0, 0])
        let device = MemoryDevice(bytes, sectorSize: 512)
        let partition = SystemPartition(on: device)
        if name == "KEEL       " {
            // Nobody knows where the folder goes on, so nothing is made in it.
            #expect(throws: RecordStoreError.self) {
                try partition.writeCopy(0, FATImage.block(0, 9))
            }
            #expect(device.contents == bytes)
        } else {
            try partition.writeCopy(0, FATImage.block(0, 9))
            #expect(try partition.readCopy(0) == FATImage.block(0, 9))
        }
        let content = table.range(of: lost)
        #expect(device.contents[content] == bytes[content])
    }
}
