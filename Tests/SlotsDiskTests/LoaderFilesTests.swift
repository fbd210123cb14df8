import Slots
import Support
import Syscalls
import Testing

@testable import SlotsDisk

@Suite struct LoaderFilesTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let capacity = 200_000
    private static let shape = FATImage.Shape(kind: .fat16, sectorSize: 512, clusterSectors: 8)

    private static func signed(_ size: Int) -> [UInt8] {
        var bytes = LoaderProgram.bytes(size, fill: 3)
        bytes[0x12C] = 8  // bytes of the certificate table
        return bytes
    }

    /// A system partition with both files, the loader `old`.
    private func device(
        old: [UInt8],
        spare: Int = capacity,
        prepare: (String) throws -> Void = { _ in }
    ) throws -> MemoryDevice {
        let image = try FATImage.empty(Self.shape, in: folder)
        try run("mmd", "-i", image, "::/EFI", "::/EFI/BOOT")
        try prepare(image)
        try File.append(old.span, to: folder("BOOTX64.EFI"))
        _ = try folder.image("BOOTX64.OLD", size: spare)
        try run("mcopy", "-i", image, folder("BOOTX64.EFI"), folder("BOOTX64.OLD"), "::/EFI/BOOT/")
        return MemoryDevice(try File.read(image, limit: 64 << 20), sectorSize: 512)
    }

    private static let old = LoaderProgram.bytes(150_000, fill: 1)
    private static let new = LoaderProgram.bytes(180_000, fill: 2, contract: 2)
    private static let filledNew = new + [UInt8](repeating: 0, count: capacity - new.count)

    @Test("the loader in force is read, and its contract found in it")
    func current() throws {
        let files = LoaderFiles(on: try device(old: Self.old))
        #expect(try files.current() == Self.old)
        #expect(LoaderImage.contract(of: try files.current()) == 1)
        #expect(try files.contract() == 1)
        #expect(LoaderImage.contract(of: Self.new) == 2)
    }

    @Test("no contract, an unfinished one, or two that differ are no contract")
    func contracts() {
        func contract(_ text: String) -> Int? { LoaderImage.contract(of: Array(text.utf8)) }
        #expect(contract("# KEELOS LOADER CONTRACT 12 END") == 12)
        #expect(contract("# KEELOS LOADER CONTRACT  END") == nil)
        #expect(contract("# KEELOS LOADER CONTRACT 1 EN") == nil)
        #expect(contract("# KEELOS LOADER CONTRACT 1234567 END") == nil)
        #expect(contract("# KEELOS LOADER CONTRACT ") == nil)
        #expect(contract("") == nil)
        let one = "# KEELOS LOADER CONTRACT 1 END"
        #expect(contract(one + one) == 1)
        #expect(contract(one + "# KEELOS LOADER CONTRACT 2 END") == nil)
    }

    @Test("the contract is the same in whatever pieces a loader comes")
    func pieces() throws {
        var two = Self.new
        two.replaceSubrange(90_000..<90_030, with: "# KEELOS LOADER CONTRACT 3 END".utf8)
        for (bytes, contract) in [(Self.old, 1), (Self.new, 2), (two, nil)] {
            let found = try LoaderFilesFound(on: try LoaderFilesTests().device(old: bytes))
            for piece in [1, 7, 34, 35, 512, 65_536, bytes.count + 1] {
                let read = try found.contract(of: found.loader(), piece: piece)
                #expect(read == contract, "in pieces of \(piece)")
            }
        }
    }

    @Test("an upgrade puts the new loader in force, and the old one aside")
    func upgrade() throws {
        let device = try device(old: Self.old)
        let files = LoaderFiles(on: device)
        #expect(try files.upgrade(to: Self.new) == .replaced)
        #expect(try files.current() == Self.filledNew)
        #expect(
            try FATImage.file("EFI/BOOT/BOOTX64.OLD", of: device.contents, in: folder) == Self.old
        )
        #expect(
            try FATImage.file("EFI/BOOT/BOOTX64.EFI", of: device.contents, in: folder)
                == Self.filledNew
        )
        try FATImage.check(device.contents, in: folder)
        let writes = device.writes.count
        #expect(try files.upgrade(to: Self.new) == .alreadyInPlace)
        #expect(device.writes.count == writes)
    }

    @Test("the power may go at any moment of an upgrade: one whole loader is in force")
    func cuts() throws {
        let device = try device(old: Self.old)
        let start = device.contents
        _ = try LoaderFiles(on: device).upgrade(to: Self.new)
        // Content, names; then an empty group.
        #expect(device.writes.map(\.count).suffix(2) == [1, 0])
        var bytes = start
        for write in device.writes.joined() {
            let files = LoaderFiles(on: MemoryDevice(bytes, sectorSize: 512))
            #expect(try files.current() == Self.old)
            #expect(try files.upgrade(to: Self.new) == .replaced)
            bytes.replaceSubrange(
                write.offset..<(write.offset + write.bytes.count),
                with: write.bytes
            )
        }
        let files = LoaderFiles(on: MemoryDevice(bytes, sectorSize: 512))
        #expect(try files.current() == Self.filledNew)
    }

    @Test("bytes that are no program, or too many, are refused before anything is written")
    func refusedBytes() throws {
        let device = try device(old: Self.old)
        let files = LoaderFiles(on: device)
        let before = device.writes.count
        #expect(throws: LoaderError.notALoader) { _ = try files.upgrade(to: []) }
        #expect(throws: LoaderError.notALoader) {
            _ = try files.upgrade(to: Array(Self.new.dropFirst()))
        }
        var noHeader = Self.new
        noHeader[0x80] = 0
        #expect(throws: LoaderError.notALoader) { _ = try files.upgrade(to: noHeader) }
        let large = LoaderProgram.bytes(Self.capacity + 1, fill: 2)
        #expect(throws: LoaderError.tooLarge(size: large.count, limit: Self.capacity)) {
            _ = try files.upgrade(to: large)
        }
        let huge = LoaderProgram.bytes(LoaderFiles.limit + 1, fill: 2)
        #expect(throws: LoaderError.tooLarge(size: huge.count, limit: LoaderFiles.limit)) {
            _ = try files.upgrade(to: huge)
        }
        #expect(device.writes.count == before)
    }

    @Test("a signed program must fill the spare file, because zeros after it break the signature")
    func signature() throws {
        let files = LoaderFiles(on: try device(old: Self.old))
        #expect(throws: LoaderError.signedButNotWhole(size: 190_000, capacity: Self.capacity)) {
            _ = try files.upgrade(to: Self.signed(190_000))
        }
        #expect(try files.upgrade(to: Self.signed(Self.capacity)) == .replaced)
    }

    @Test("without a loader or a spare nothing is done")
    func missing() throws {
        let image = try FATImage.empty(Self.shape, in: folder)
        let bare = try File.read(image, limit: 64 << 20)
        #expect(throws: LoaderError.missing(file: "BOOTX64.EFI")) {
            _ = try LoaderFiles(on: MemoryDevice(bare, sectorSize: 512)).current()
        }
        try run("mmd", "-i", image, "::/EFI", "::/EFI/BOOT")
        try File.append(Self.old.span, to: folder("BOOTX64.EFI"))
        try run("mcopy", "-i", image, folder("BOOTX64.EFI"), "::/EFI/BOOT/")
        let files = LoaderFiles(
            on: MemoryDevice(try File.read(image, limit: 64 << 20), sectorSize: 512)
        )
        #expect(try files.current() == Self.old)
        #expect(throws: LoaderError.missing(file: "BOOTX64.OLD")) {
            _ = try files.upgrade(to: Self.new)
        }
    }

    /// Where an entry is.
    private func entry(_ name: String, in bytes: [UInt8]) throws -> Int {
        let name = Array(name.utf8)
        return try #require(
            stride(from: 0, to: bytes.count, by: 32).first { bytes[$0..<($0 + 11)] == name[...] }
        )
    }

    @Test("names in two sectors cannot trade places in one write")
    func twoSectors() throws {
        // `.` and `..`, then 13 files: the loader is the last entry of its sector.
        let device = try device(old: Self.old) { image in
            for index in 0..<13 {
                try File.append([1].span, to: folder("F\(index)"))
                try run("mcopy", "-i", image, folder("F\(index)"), "::/EFI/BOOT/F\(index)")
            }
        }
        let before = device.writes.count
        #expect(throws: LoaderError.notInOneSector) {
            _ = try LoaderFiles(on: device).upgrade(to: Self.new)
        }
        #expect(device.writes.count == before)
    }

    @Test("a file that says it is longer than its clusters is refused")
    func shortChain() throws {
        var bytes = try device(old: Self.old).contents
        let place = try entry("BOOTX64 OLD", in: bytes) + 28
        bytes.replaceSubrange(place..<(place + 4), with: [0, 0, 16, 0])  // 1 MiB
        #expect(
            throws: LoaderError.chainTooShort(
                file: "BOOTX64.OLD",
                capacity: 49 * 4096,
                size: 1 << 20
            )
        ) {
            _ = try LoaderFiles(on: MemoryDevice(bytes, sectorSize: 512)).upgrade(to: Self.new)
        }
    }

    @Test("a loader larger than any loader is refused")
    func hugeEntry() throws {
        var bytes = try device(old: Self.old).contents
        let place = try entry("BOOTX64 EFI", in: bytes) + 28
        bytes.replaceSubrange(place..<(place + 4), with: [0, 0, 0, 1])
        #expect(throws: LoaderError.tooLarge(size: 1 << 24, limit: LoaderFiles.limit)) {
            _ = try LoaderFiles(on: MemoryDevice(bytes, sectorSize: 512)).current()
        }
    }

    @Test("files that share a cluster are refused")
    func crossLinked() throws {
        var bytes = try device(old: Self.old).contents
        let loader = try entry("BOOTX64 EFI", in: bytes)
        let spare = try entry("BOOTX64 OLD", in: bytes)
        bytes.replaceSubrange(
            (spare + 26)..<(spare + 28),
            with: bytes[(loader + 26)..<(loader + 28)]
        )
        bytes.replaceSubrange(
            (spare + 28)..<(spare + 32),
            with: bytes[(loader + 28)..<(loader + 32)]
        )
        let program = LoaderProgram.bytes(100_000, fill: 9)
        #expect(throws: LoaderError.crossLinked) {
            _ = try LoaderFiles(on: MemoryDevice(bytes, sectorSize: 512)).upgrade(to: program)
        }
        #expect(
            LoaderError.crossLinked.words
                == "its spare file lies where another file or a folder does"
        )
    }

    @Test("no file system, and a medium that cannot be read, are told apart")
    func damaged() throws {
        let blank = MemoryDevice([UInt8](repeating: 0, count: 1 << 20), sectorSize: 512)
        #expect(throws: LoaderError.damaged(reason: "no FAT signature")) {
            _ = try LoaderFiles(on: blank).current()
        }
        let device = try device(old: Self.old)
        device.unreadable = 0..<512
        #expect(throws: LoaderError.device(DeviceError(.read, at: 0, code: 5))) {
            _ = try LoaderFiles(on: device).current()
        }
    }
}
