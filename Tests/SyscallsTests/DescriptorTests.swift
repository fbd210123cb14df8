import Syscalls
import Testing

@Suite struct DescriptorTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("opening what is not there throws ENOENT, and says so in words")
    func missing() {
        let error = #expect(throws: Errno.self) {
            _ = try Descriptor(opening: folder("none"), for: .reading)
        }
        #expect(error == .noEntry)
        #expect(error?.description == "No such file or directory (ENOENT)")
    }

    @Test("a number without a name still prints")
    func unknownNumber() {
        #expect(Errno(9999).description == "error 9999 (E9999)")
    }

    @Test("a path that the kernel would cut at its NUL is refused")
    func nul() {
        #expect(throws: Errno.invalid) {
            _ = try Descriptor(opening: folder("a\0b"), for: .reading)
        }
        #expect(throws: Errno.noEntry) { _ = try Descriptor(opening: "", for: .reading) }
    }

    @Test("creating a file that is there throws EEXIST")
    func exclusive() throws {
        _ = try File.create(folder("a"), permissions: 0o600)
        #expect(throws: Errno.exists) { _ = try File.create(folder("a"), permissions: 0o600) }
    }

    @Test("what is written at an offset is read there; a read past the end is short")
    func bytes() throws {
        let file = try File.create(folder("a"), permissions: 0o600)
        try file.write([1, 2, 3].span, at: 10)
        var bytes = [UInt8](repeating: 9, count: 8)
        var span = bytes.mutableSpan
        #expect(try file.read(into: &span, at: 9) == 4)
        #expect(bytes == [0, 1, 2, 3, 9, 9, 9, 9])
        try file.close()
    }

    @Test("a stream is read and written piece by piece")
    func stream() throws {
        let file = try File.create(folder("a"), permissions: 0o600)
        try file.writeNext([1, 2].span)
        try file.writeNext([3].span)
        let again = try file.reopened(for: .reading)
        #expect(try again.readToEnd(limit: 3) == [1, 2, 3])
    }

    @Test("a file opened again is the same file, whatever its name is by now")
    func reopened() throws {
        let file = try File.create(folder("a"), permissions: 0o600)
        try File.rename(folder("a"), to: folder("b"))
        try file.reopened(for: .writing).write([7].span, at: 0)
        #expect(try File.read(folder("b"), limit: 1) == [7])
    }

    @Test("status tells files, folders, devices and pipes apart")
    func kinds() throws {
        let file = try File.create(folder("a"), permissions: 0o600)
        try file.resize(to: 12345)
        #expect(try file.status().kind == .file)
        #expect(try file.status().size == 12345)
        let isTerminal = file.isTerminal
        #expect(!isTerminal)
        let directory = try Descriptor(opening: folder.path, for: .reading, .directory)
        #expect(try directory.status().kind == .directory)
        let null = try Descriptor(opening: "/dev/null", for: .both)
        #expect(try null.status().kind == .characterDevice)
        #expect(try null.status().device.description == "1:3")
    }

    @Test("a folder is refused where a folder is not wanted, and the other way round")
    func wrongKind() throws {
        _ = try File.create(folder("a"), permissions: 0o600)
        #expect(throws: Errno.notDirectory) {
            _ = try Descriptor(opening: folder("a"), for: .reading, .directory)
        }
        #expect(throws: Errno.self) { _ = try Descriptor(opening: folder.path, for: .writing) }
    }

    @Test("block device questions to a plain file throw ENOTTY")
    func notBlockDevice() throws {
        let file = try File.create(folder("a"), permissions: 0o600)
        #expect(throws: Errno.notThisKind) { try file.logicalSectorSize() }
        #expect(throws: Errno.notThisKind) { try file.physicalSectorSize() }
        #expect(throws: Errno.notThisKind) { try file.blockDeviceSize() }
        #expect(throws: Errno.notThisKind) { try file.discardBlocks(0..<4096) }
        #expect(throws: Errno.notThisKind) { try file.addPartition(1, 0..<4096) }
        #expect(throws: Errno.notThisKind) { try file.deletePartition(1) }
    }

    @Test("a punched hole reads as zeros, and the file keeps its length")
    func hole() throws {
        let file = try File.create(folder("a"), permissions: 0o600)
        try file.write([UInt8](repeating: 5, count: 12288).span, at: 0)
        try file.punchHole(4096..<8192)
        try file.synchronizeContents()
        try file.dropCache()
        let bytes = try file.reopened(for: .reading).readToEnd(limit: 12288)
        #expect(bytes[4095] == 5 && bytes[4096] == 0 && bytes[8191] == 0 && bytes[8192] == 5)
        #expect(bytes.count == 12288)
    }

    @Test("writing to a full device throws ENOSPC")
    func full() throws {
        let full = try Descriptor(opening: "/dev/full", for: .writing)
        #expect(throws: Errno.noSpace) { try full.writeNext([1].span) }
    }

    @Test("an aligned buffer satisfies direct I/O, and copies in and out")
    func aligned() throws {
        let file = try File.create(folder("a"), permissions: 0o600)
        try file.resize(to: 8192)
        var buffer = AlignedBuffer(byteCount: 8192)
        #expect(buffer.count == 8192)
        #expect(buffer.bytes[8191] == 0)
        buffer.put([1, 2, 3].span, at: 4095)
        let direct = try file.reopened(for: .both, .direct)
        try direct.write(buffer.bytes, at: 0)
        var other = AlignedBuffer(byteCount: 8192)
        var target = other.mutablePrefix(4096)
        #expect(try direct.read(into: &target, at: 4096) == 4096)
        var bytes: [UInt8] = [9, 9, 9]
        var span = bytes.mutableSpan
        other.copy(0..<2, into: &span, at: 1)
        #expect(bytes == [9, 2, 3])
        let (same, different, none): ([UInt8], [UInt8], [UInt8]) = ([2, 3], [2, 3, 1], [])
        let begins = [
            other.begins(with: same.span), other.begins(with: different.span),
            other.begins(with: none.span),
        ]
        #expect(begins == [true, false, true])
    }

    @Test("bytes are aligned where they lie as far into a block of memory as into one of a disk")
    func alignment() {
        let buffer = AlignedBuffer(byteCount: 8192)
        let bytes = buffer.bytes
        let none: [UInt8] = []
        let aligned = [
            bytes.isAligned(at: 0, as: 0, to: 4096),
            bytes.isAligned(at: 513, as: 1025, to: 512),
            bytes.isAligned(at: 513, as: 4096 * 9 + 513, to: 4096),
        ]
        #expect(aligned == [true, true, true])
        let askew = [
            bytes.isAligned(at: 513, as: 1025, to: 4096),
            bytes.isAligned(at: 513, as: 1024, to: 512),
            bytes.extracting(1...).isAligned(at: 0, as: 0, to: 512),
            none.span.isAligned(at: 0, as: 0, to: 512),
        ]
        #expect(askew == [false, false, false, false])
    }
}
