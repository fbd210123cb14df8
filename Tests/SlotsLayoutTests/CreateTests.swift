import Slots
import SlotsDisk
import SlotsLayout
import Support
import Syscalls
import Testing
import Trust

@Suite(.serialized) struct CreateTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
        "a new layout is found again as it was made, and sfdisk has nothing to say against it",
        arguments: Place.allCases
    )
    func create(place: Place) throws {
        let bench = try Bench(place, in: folder)
        let made = try Layout.create(on: bench.disk, slotSize: Place.slotSize, identities: .test)
        let found = try Layout.find(on: bench.disk, acceptingBackup: false)
        #expect(made == found)
        #expect(found.table == .whole)
        #expect(found.diskID == .test("d"))
        let mebibyte = 1 << 20
        #expect(
            found.systemPartition
                == Partition(
                    number: 1,
                    name: "EFI-SYSTEM",
                    type: .systemType,
                    id: .test("1"),
                    range: mebibyte..<(129 * mebibyte)
                )
        )
        #expect(
            found.slots.a
                == Partition(
                    number: 2,
                    name: "KEELOS_ROOT_A",
                    type: .rootType,
                    id: .test("a"),
                    range: (129 * mebibyte)..<(193 * mebibyte)
                )
        )
        #expect(found.slots.b.number == 3)
        #expect(found.slots.b.range == (193 * mebibyte)..<(257 * mebibyte))
        #expect(found.data == nil)
        let loop = try loop(bench, place)
        try run("sync", bench.image)
        #expect(try run("sfdisk", "--verify", loop.path).contains("No errors detected"))
        let listing = try run("sfdisk", "--dump", loop.path)
        #expect(listing.contains("sector-size: \(place.sectorSize)"))
        #expect(listing.contains("name=\"KEELOS_ROOT_B\""))
    }

    /// sfdisk reads 4096-byte sectors only from a device that has them.
    private func loop(_ bench: Bench, _ place: Place) throws -> LoopDevice {
        if let loop = bench.loop { return loop }
        return try LoopDevice(on: bench.image, sectorSize: place.sectorSize)
    }

    @Test("the same identities give the same bytes", arguments: [Place.image512, .image4096])
    func reproducible(place: Place) throws {
        var digests: [Digest] = []
        for _ in 0..<2 {
            let folder = try TemporaryFolder()
            let bench = try Bench(place, in: folder)
            _ = try Layout.create(on: bench.disk, slotSize: Place.slotSize, identities: .test)
            let bytes = try File.read(bench.image, limit: Place.size)
            digests.append(OpenSSLHashing().sha256(bytes.span))
        }
        #expect(digests[0] == digests[1])
    }

    @Test(
        "the kernel knows the new partitions, in place of the old ones",
        arguments: [Place.loop512, .loop4096]
    )
    func kernel(place: Place) throws {
        let bench = try Bench(place, in: folder)
        _ = try Layout.create(on: bench.disk, slotSize: 32 << 20, identities: .test)
        let layout = try Layout.create(on: bench.disk, slotSize: Place.slotSize, identities: .test)
        for partition in [layout.systemPartition, layout.slots.a, layout.slots.b] {
            let device = try bench.disk.device(
                partition.range,
                hashing: OpenSSLHashing(),
                rate: nil
            )
            #expect(device.hasOwnNode)
        }
        let text = try run(
            "lsblk",
            "--noheadings",
            "--raw",
            "--bytes",
            "--output",
            "SIZE",
            bench.disk.path
        )
        // In no fixed order: the kernel lists its partitions as they came.
        #expect(
            text.split(separator: "\n").compactMap { Int($0) }.sorted()
                == [Place.size, 128 << 20, Place.slotSize, Place.slotSize].sorted()
        )
    }

    @Test("what a disk held before does not come to life in a new slot")
    func wiped() throws {
        let bench = try Bench(.loop512, in: folder)
        let first = try Layout.create(on: bench.disk, slotSize: Place.slotSize, identities: .test)
        try run("mkfs.ext4", "-q", "-F", bench.disk.path + "p2")
        _ = try Layout.create(on: bench.disk, slotSize: Place.slotSize, identities: .test)
        let device = try bench.disk.device(
            first.slots.a.range,
            hashing: OpenSSLHashing(),
            rate: nil
        )
        var magic: [UInt8] = [1, 1]
        var span = magic.mutableSpan
        try device.read(into: &span, at: 1080)
        #expect(magic == [0, 0])
    }

    @Test(
        "a slot of no size, or not of whole MiB, is refused",
        arguments: [0, -1 << 20, 1000, (1 << 20) + 4096]
    )
    func slotSize(size: Int) throws {
        let bench = try Bench(.image512, in: folder)
        #expect(throws: LayoutError.slotSize(size)) {
            _ = try Layout.create(on: bench.disk, slotSize: size, identities: .test)
        }
    }

    @Test("a disk one sector too small is refused, one that just fits is not")
    func tooSmall() throws {
        let needed = Layout.diskSize(forSlots: 4 << 20)
        #expect(needed == 138 << 20)
        let small = try Disk(
            creatingImage: folder("small"),
            size: needed - 512,
            sectorSize: 512,
            permissions: 0o600
        )
        #expect(throws: LayoutError.diskTooSmall(size: needed - 512, needed: needed)) {
            _ = try Layout.create(on: small, slotSize: 4 << 20, identities: .test)
        }
        let fitting = try Disk(
            creatingImage: folder("fitting"),
            size: needed,
            sectorSize: 4096,
            permissions: 0o600
        )
        _ = try Layout.create(on: fitting, slotSize: 4 << 20, identities: .test)
    }

    @Test("a disk with something mounted on it is refused")
    func mounted() throws {
        let bench = try Bench(.loop512, in: folder)
        let layout = try Layout.create(on: bench.disk, slotSize: Place.slotSize, identities: .test)
        try run("mkfs.ext4", "-q", bench.disk.path + "p2")
        try Directory.create(folder("mnt"))
        try run("mount", bench.disk.path + "p2", folder("mnt"))
        defer { _ = try? run("umount", folder("mnt")) }
        #expect(throws: LayoutError.inUse(path: bench.disk.path)) {
            _ = try Layout.create(on: bench.disk, slotSize: Place.slotSize, identities: .test)
        }
        // Reading it is no problem.
        #expect(try Layout.find(on: bench.disk, acceptingBackup: false) == layout)
    }

    @Test("a disk opened for reading cannot be laid out")
    func readOnly() throws {
        let image = try folder.image("image", size: Place.size)
        let disk = try Disk(opening: image, for: .reading)
        #expect(throws: LayoutError.self) {
            _ = try Layout.create(on: disk, slotSize: Place.slotSize, identities: .test)
        }
    }

    @Test(
        "growing takes the table to the end of a larger disk, and the data partition with it",
        arguments: [512, 4096]
    )
    func grow(sectorSize: Int) throws {
        let place: Place = sectorSize == 512 ? .image512 : .image4096
        do {
            let bench = try Bench(place, in: folder)
            _ = try Layout.create(on: bench.disk, slotSize: Place.slotSize, identities: .test)
        }
        let larger = try Descriptor(opening: folder("image"), for: .both)
        try larger.resize(to: Place.size + (100 << 20))
        let loop = try LoopDevice(on: folder("image"), sectorSize: sectorSize)
        do {
            let disk = try Disk(opening: loop.path, for: .writing(wait: .zero))
            #expect(
                try Layout.find(on: disk, acceptingBackup: false).table == .backupNotAtEnd
            )
            let grown = try Layout.grow(on: disk)
            #expect(grown.table == .whole)
            #expect(grown.data == nil)
            #expect(try Layout.grow(on: disk) == grown)
        }
        try append(
            "start=\((257 << 20) / sectorSize), size=\((8 << 20) / sectorSize), name=KEELOS_DATA",
            to: loop
        )
        let disk = try Disk(opening: loop.path, for: .writing(wait: .zero))
        let grown = try Layout.grow(on: disk)
        #expect(grown.data?.range == (257 << 20)..<(399 << 20))
        #expect(try run("sfdisk", "--verify", loop.path).contains("No errors detected"))
        let device = try disk.device(
            (257 << 20)..<(399 << 20),
            hashing: OpenSSLHashing(),
            rate: nil
        )
        #expect(device.hasOwnNode)
    }

    private func append(_ line: String, to loop: LoopDevice) throws {
        try File.append(Array((line + "\n").utf8).span, to: folder("lines"))
        try run("sh", "-c", "sfdisk --quiet --no-reread --append \(loop.path) < \(folder("lines"))")
    }

    @Test("a data partition with another one behind it cannot grow")
    func noRoom() throws {
        let bench = try Bench(.image512, in: folder)
        _ = try Layout.create(on: bench.disk, slotSize: Place.slotSize, identities: .test)
        let loop = try LoopDevice(on: folder("image"), sectorSize: 512)
        try append("start=526336, size=16384, name=KEELOS_DATA\nstart=542720, size=2048", to: loop)
        #expect(throws: LayoutError.noRoomToGrow) { _ = try Layout.grow(on: bench.disk) }
    }
}
