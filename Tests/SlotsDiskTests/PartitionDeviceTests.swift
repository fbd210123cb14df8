import Simulator
import Slots
import SlotsDisk
import Support
import Syscalls
import Testing
import Trust

@Suite(.serialized) struct PartitionDeviceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    static let hashing = OpenSSLHashing()

    @Test("a device is as large as its range, and knows its sectors", arguments: Place.allCases)
    func sizes(place: Place) throws {
        let bench = try Bench(place, in: folder)
        #expect(bench.device.size == bench.range.count)
        #expect(bench.device.sectorSize == place.sectorSize)
        #expect(bench.device.hasOwnNode == (place == .ownNode))
    }

    @Test(
        "any writes, reads, flushes and discards leave what a plain array would hold",
        arguments: Place.allCases,
        [UInt64](1...3)
    )
    func model(place: Place, seed: UInt64) throws {
        let bench = try Bench(place, in: folder)
        let device = bench.device
        let before = try bench.medium()
        var model = Array(before[bench.range])
        var generator = SeededGenerator(seed: seed)
        var next = 0
        for _ in 0..<200 {
            let limit = Bool.random(using: &generator) ? 3000 : 300_000
            let count = Int.random(in: 0...limit, using: &generator)
            var offset = Int.random(in: 0...(device.size - count), using: &generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0...4:
                // Half of the writes go on where the last one ended.
                if Bool.random(using: &generator), next + count <= device.size { offset = next }
                let bytes = generator.bytes(count)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: try device.write(bytes.span, at: offset)
                default:
                    // What lies before it is there, as of a source, or is something else.
                    let lead = Int.random(in: 0...min(offset, 4096), using: &generator)
                    let isTrue = Int.random(in: 0..<4, using: &generator) > 0
                    let before =
                        isTrue ? model[(offset - lead)..<offset] : generator.bytes(lead)[...]
                    let shift = Int.random(in: 0..<8, using: &generator) == 0 ? 1 : 0
                    let lying = LyingBytes(bytes, at: offset, after: before, shift: shift)
                    try device.write(lying, lead..<(lead + count), at: offset)
                }
                model.replaceSubrange(offset..<(offset + count), with: bytes)
                next = offset + count
            case 5...7:
                var bytes = [UInt8](repeating: 0, count: count)
                var span = bytes.mutableSpan
                try device.read(into: &span, at: offset)
                #expect(isSame(bytes[...], model[offset..<(offset + count)]), "seed \(seed)")
            case 8: try device.flush()
            default:
                // An overwrite of what may still be on its way.
                let bytes = generator.bytes(min(count, 5000))
                let place = max(next - bytes.count, 0)
                try device.write(bytes.span, at: place)
                model.replaceSubrange(place..<(place + bytes.count), with: bytes)
            }
        }
        try device.flush()
        var expected = before
        expected.replaceSubrange(bench.range, with: model)
        let found = try bench.medium()
        #expect(isSame(found[...], expected[...]), "seed \(seed)")
    }

    @Test("a write of one logical sector changes that sector only", arguments: Place.allCases)
    func oneSector(place: Place) throws {
        let bench = try Bench(place, in: folder)
        let before = try bench.medium()
        let size = place.sectorSize
        try bench.device.write([UInt8](repeating: 0xAB, count: size).span, at: 3 * size)
        try bench.device.flush()
        var expected = before
        let start = bench.range.lowerBound + 3 * size
        expected.replaceSubrange(
            start..<(start + size),
            with: [UInt8](repeating: 0xAB, count: size)
        )
        #expect(try isSame(bench.medium()[...], expected[...]))
    }

    @Test("the last bytes of a device can be written, one more byte cannot")
    func end() throws {
        let bench = try Bench(.ownNode, in: folder)
        let size = bench.device.size
        try bench.device.write([1, 2, 3].span, at: size - 3)
        try bench.device.flush()
        #expect(throws: DeviceError(.write, at: size - 2, code: Errno.noSpace.code)) {
            try bench.device.write([1, 2, 3].span, at: size - 2)
        }
        #expect(throws: DeviceError(.discard, at: 0, code: Errno.noSpace.code)) {
            try bench.device.discard(0..<(size + 1))
        }
        #expect(throws: DeviceError(.read, at: size - 2, code: Errno.noSpace.code)) {
            var bytes: [UInt8] = [0, 0, 0]
            var span = bytes.mutableSpan
            try bench.device.read(into: &span, at: size - 2)
        }
        #expect(throws: DeviceError.self) {
            var bytes = [UInt8](repeating: 0, count: 64)
            var span = bytes.mutableSpan
            try bench.device.hashBlocks(
                (size / 4096 - 1)..<(size / 4096 + 1),
                salt: [UInt8]().span,
                into: &span
            )
        }
        // Nothing of that was accepted, so nothing stays wrong.
        try bench.device.flush()
    }

    @Test("a disk opened for reading refuses writes, and flushing it does nothing")
    func readOnly() throws {
        let disk = try Disk(opening: folder.image("a", size: 1 << 20), for: .reading)
        let device = try disk.device(0..<(1 << 20), hashing: Self.hashing, rate: nil)
        #expect(throws: DeviceError(.write, at: 0, code: Errno.readOnly.code)) {
            try device.write([1].span, at: 0)
        }
        #expect(throws: DeviceError(.discard, at: 0, code: Errno.readOnly.code)) {
            try device.discard(0..<4096)
        }
        try device.flush()
    }

    @Test("an error of an accepted write stays until a flush has told it; then writing starts anew")
    func sticky() throws {
        let small = try SmallFileSystem(at: folder("small"), size: 2 << 20)
        let image = try folder.image("small/image", size: 16 << 20)
        let disk = try Disk(opening: image, for: .writing(wait: .zero))
        let device = try disk.device(0..<(16 << 20), hashing: Self.hashing, rate: nil)
        let bytes = [UInt8](repeating: 1, count: 64 << 10)
        let first = #expect(throws: DeviceError.self) {
            for offset in stride(from: 0, to: 12 << 20, by: bytes.count) {
                try device.write(bytes.span, at: offset)
            }
            try device.discard(0..<4096)
        }
        #expect(first?.operation == .write)
        #expect(first?.code == Errno.noSpace.code)
        let error = try #require(first)
        #expect(throws: error) { try device.write([1].span, at: 0) }
        #expect(throws: error) {
            var byte: [UInt8] = [0]
            var span = byte.mutableSpan
            try device.read(into: &span, at: 0)
        }
        #expect(throws: error) { try device.discard(0..<4096) }
        #expect(throws: error) { try device.flush() }
        try device.write(bytes.span, at: 0)
        try device.flush()
        withExtendedLifetime(small) {}
    }

    @Test("what was accepted is written when the device goes away without a flush")
    func withoutFlush() throws {
        let image = try folder.image("a", size: 1 << 20)
        do {
            let disk = try Disk(opening: image, for: .writing(wait: .zero))
            let device = try disk.device(0..<(1 << 20), hashing: Self.hashing, rate: nil)
            try device.write([1, 2, 3].span, at: 700)
        }
        #expect(try Array(File.read(image, limit: 1 << 20)[699..<704]) == [0, 1, 2, 3, 0])
    }

    @Test(
        "hashing blocks gives what a plain loop gives, unflushed writes included",
        arguments: Place.allCases
    )
    func hashing(place: Place) throws {
        let bench = try Bench(place, in: folder)
        let device = bench.device
        var generator = SeededGenerator(seed: 3)
        try device.write(generator.bytes(100_000).span, at: 50_000)
        let salt = generator.bytes(32)
        for blocks in [0..<1, 3..<4, 0..<200, 11..<1100, 5..<5] {
            var found = [UInt8](repeating: 0, count: blocks.count * 32)
            var span = found.mutableSpan
            try device.hashBlocks(blocks, salt: salt.span, into: &span)
            var expected: [UInt8] = []
            for block in blocks {
                var bytes = [UInt8](repeating: 0, count: 4096)
                var span = bytes.mutableSpan
                try device.read(into: &span, at: block * 4096)
                expected += Self.hashing.sha256((salt + bytes).span).bytes
            }
            #expect(found == expected)
        }
    }

    @Test(
        "blocks are hashed while others are written, and begun hashes outlive being forgotten",
        arguments: Place.allCases
    )
    func coming(place: Place) throws {
        let bench = try Bench(place, in: folder)
        let device = bench.device
        var generator = SeededGenerator(seed: 4)
        let (bytes, salt) = (generator.bytes(1 << 20), generator.bytes(32))
        try device.write(bytes.span, at: 0)
        try device.flush()
        var expected = [UInt8](repeating: 0, count: 256 * 32)
        var span = expected.mutableSpan
        Self.hashing.hashBlocks(bytes.span, salt: salt.span, into: &span)
        let first = try device.beginHashing(0..<256, salt: salt)
        try device.write(bytes.span, at: 1 << 20)
        _ = try device.beginHashing(0..<256, salt: salt)
        // What is on its way to the disk is seen.
        let second = try device.beginHashing(256..<512, salt: salt)
        #expect(try first.wait() == expected)
        #expect(try second.wait() == expected)
        let end = device.size / 4096
        #expect(throws: DeviceError.self) {
            _ = try device.beginHashing((end - 1)..<(end + 1), salt: salt)
        }
    }

    @Test("a partition in use is refused for writing, and can be read beside it")
    func inUse() throws {
        let image = try folder.image("used", size: 8 << 20)
        let loop = try LoopDevice(on: image, sectorSize: 512)
        try run("addpart", loop.path, "1", "2048", "2048")
        let range = (1 << 20)..<(2 << 20)
        let user = try Descriptor(opening: loop.path + "p1", for: .reading, .exclusive)
        let disk = try Disk(opening: loop.path, for: .writing(wait: .zero))
        #expect(throws: DiskError.inUse(path: loop.path + "p1")) {
            _ = try disk.device(range, hashing: OpenSSLHashing(), rate: nil)
        }
        let device = try disk.device(
            range,
            hashing: OpenSSLHashing(),
            rate: nil,
            isReadOnly: true
        )
        #expect(device.hasOwnNode)
        var bytes = [UInt8](repeating: 1, count: 4096)
        var span = bytes.mutableSpan
        try device.read(into: &span, at: 0)
        #expect(bytes == [UInt8](repeating: 0, count: 4096))
        #expect(throws: DeviceError(.write, at: 0, code: Errno.readOnly.code)) {
            try device.write([1].span, at: 0)
        }
        try device.flush()
        try user.close()
    }

    @Test("a discard inside a device leaves everything around it", arguments: Place.allCases)
    func discard(place: Place) throws {
        let bench = try Bench(place, in: folder)
        let before = try bench.medium()
        try bench.device.discard(5000..<100_000)
        try bench.device.discard(200_000..<200_100)
        let after = try bench.medium()
        let start = bench.range.lowerBound
        #expect(isSame(before[..<(start + 8192)], after[..<(start + 8192)]))
        #expect(isSame(before[(start + 98304)...], after[(start + 98304)...]))
    }

    @Test("reading and hashing see the medium, not the page cache", arguments: Place.allCases)
    func medium(place: Place) throws {
        let bench = try Bench(place, in: folder)
        var generator = SeededGenerator(seed: 42)
        let pattern = generator.bytes(8192)
        try bench.device.write(pattern.span, at: 8192)
        try bench.device.flush()
        let before = try read(bench.device, 8192..<16384)
        #expect(before == pattern)
        // The same bytes again, under whatever file system there is between.
        let ground = place == .bufferedImage ? folder("outer") : bench.image
        let bytes = try File.read(ground, limit: 64 << 20)
        let found = try #require(
            stride(from: 0, to: bytes.count - 8192, by: 512).first {
                bytes[$0] == pattern[0] && bytes[$0..<($0 + 4096)] == pattern[..<4096]
            }
        )
        let file = try Descriptor(opening: ground, for: .writing)
        try file.write([~pattern[0]].span, at: found)
        try file.synchronize()
        let after = try read(bench.device, 8192..<16384)
        #expect(after[0] == ~pattern[0])
        var digest = [UInt8](repeating: 0, count: 32)
        var span = digest.mutableSpan
        try bench.device.hashBlocks(2..<3, salt: [UInt8]().span, into: &span)
        let block = Array(after[..<4096])
        let expected = Self.hashing.sha256(block.span)
        #expect(digest == expected.bytes)
    }

    private func read(_ device: PartitionDevice, _ range: Range<Int>) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var span = bytes.mutableSpan
        try device.read(into: &span, at: range.lowerBound)
        return bytes
    }

    @Test("only what the file system cannot write directly goes through the page cache")
    func direct() throws {
        #expect(try !Bench(.bufferedImage, in: folder).device.isDirect)
        #expect(try Bench(.oddImage, in: folder).device.isDirect)
    }
}
