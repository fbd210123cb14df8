import Slots
import Testing

@testable import ImageTool

@Suite("Form")
struct FormTests {
    @Test("a superblock gives compressor and time")
    func superblock() throws {
        for (number, compressor) in [(1, SquashFSHeader.Compressor.gzip), (3, .lzo), (4, .xz)] {
            let bytes = Workbench.superblock(
                size: 8192,
                compressor: UInt8(number),
                modified: 77
            )
            let header = try SquashFSHeader(bytes, fileSize: 8192)
            #expect(header.compressor == compressor)
            #expect(header.modified == Timestamp(seconds: 77))
        }
    }

    @Test("what is no SquashFS image is refused with what it begins with")
    func magic() {
        #expect(throws: SquashFSFault.noMagic(found: [])) {
            try SquashFSHeader([], fileSize: 0)
        }
        var bytes = Workbench.superblock(size: 8192)
        bytes[0] = 0x7f
        #expect(throws: SquashFSFault.noMagic(found: Array(bytes[..<4]))) {
            try SquashFSHeader(bytes, fileSize: 8192)
        }
    }

    @Test(
        "a compressor that the boot loader cannot read is refused by name",
        arguments: [(2, "lzma"), (5, "lz4"), (6, "zstd"), (0, "number 0"), (99, "number 99")]
    )
    func compressor(number: UInt8, name: String) {
        let bytes = Workbench.superblock(size: 8192, compressor: number)
        #expect(throws: SquashFSFault.compressor(name)) {
            try SquashFSHeader(bytes, fileSize: 8192)
        }
    }

    @Test("another version of SquashFS is refused")
    func version() {
        var bytes = Workbench.superblock(size: 8192)
        bytes[28] = 3
        bytes[30] = 1
        #expect(throws: SquashFSFault.version(major: 3, minor: 1)) {
            try SquashFSHeader(bytes, fileSize: 8192)
        }
    }

    @Test(
        "a size that is no multiple of 4 KiB, or below 8 KiB, is refused",
        arguments: [4096, 9000]
    )
    func size(size: Int) {
        let bytes = Workbench.superblock(size: 100)
        #expect(throws: SquashFSFault.size(size)) { try SquashFSHeader(bytes, fileSize: size) }
    }

    @Test("an image that is longer or shorter than its superblock says is refused")
    func length() throws {
        for (used, expected) in [(12_288, 12_288), (4000, 4096), (8193, 12_288)] {
            let bytes = Workbench.superblock(size: used)
            #expect(throws: SquashFSFault.length(found: 8192, expected: expected)) {
                try SquashFSHeader(bytes, fileSize: 8192)
            }
        }
        let bytes = Workbench.superblock(size: 4097)
        #expect(try SquashFSHeader(bytes, fileSize: 8192).bytesUsed == 4097)
        let huge = Array(bytes[..<40]) + [UInt8](repeating: 0xff, count: 56)
        #expect(throws: SquashFSFault.self) { try SquashFSHeader(huge, fileSize: 8192) }
    }

    @Test("a boot loader's contract is read from its marker")
    func contract() throws {
        let bytes = Workbench.loader("# KEELOS # KEELOS LOADER CONTRACT 12 END")
        let loader = try LoaderFile(bytes)
        #expect(loader.contract == 12)
        #expect(loader.bytes == bytes)
    }

    @Test(
        "a boot loader without a good marker is refused",
        arguments: [
            "", "# KEELOS LOADER CONTRACT 1", "# KEELOS LOADER CONTRACT 0 END",
            "# KEELOS LOADER CONTRACT 99999 END", "# KEELOS LOADER CONTRACT  END",
            "# KEELOS LOADER CONTRACT 1 END # KEELOS LOADER CONTRACT 2 END",
        ]
    )
    func noContract(text: String) {
        #expect(throws: LoaderFault.noContract) { try LoaderFile(Workbench.loader(text)) }
    }

    @Test("what is no program for the firmware, or does not fit its room, is refused")
    func noProgram() {
        let text = Array("# KEELOS LOADER CONTRACT 1 END".utf8)
        #expect(throws: LoaderFault.notAProgram) { try LoaderFile(text) }
        let long = [UInt8](repeating: 0, count: (2 << 20) + 1)
        #expect(throws: LoaderFault.tooLarge(size: long.count)) { try LoaderFile(long) }
    }

    @Test("byte counts are read as people write them, and nothing else is")
    func byteCounts() {
        let good = ["0": 0, "4096": 4096, "16K": 16384, "1g": 1 << 30, "4G": 4 << 30]
        for (text, bytes) in good { #expect(ByteCount(argument: text)?.bytes == bytes) }
        for text in ["", "K", "-1", "1.5G", "1KB", "99999999999T", " 1"] {
            #expect(ByteCount(argument: text) == nil)
        }
        #expect(ByteCount(16384).description == "16K")
        #expect(ByteCount(1000).description == "1000")
    }
}
