import Glibc
import Slots
import SlotsDisk
import Support
import Syscalls
import Testing
import Trust

@Suite(.serialized) struct DiskTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a disk opened for writing is locked: nobody else can write, anybody can read")
    func busy() throws {
        let image = try folder.image("a", size: 1 << 20)
        let disk = try Disk(opening: image, for: .writing(wait: .zero))
        #expect(throws: DiskError.busy(path: image)) {
            _ = try Disk(opening: image, for: .writing(wait: .milliseconds(30)))
        }
        let other = try Disk(opening: image, for: .reading)
        #expect(disk.isWritable && !other.isWritable)
    }

    @Test("a partition's device keeps the lock, and the lock goes with the last of them")
    func lockEnds() throws {
        let image = try folder.image("a", size: 1 << 20)
        do {
            let device = try Disk(opening: image, for: .writing(wait: .zero))
                .device(0..<8192, hashing: OpenSSLHashing(), rate: nil)
            #expect(throws: DiskError.busy(path: image)) {
                _ = try Disk(opening: image, for: .writing(wait: .zero))
            }
            try device.flush()
        }
        _ = try Disk(opening: image, for: .writing(wait: .zero))
    }

    @Test("the lock goes with the disk, though a child just started has it open too")
    func lockOfChild() throws {
        let image = try folder.image("a", size: 1 << 20)
        let child: CInt
        do {
            let disk = try Disk(opening: image, for: .writing(wait: .zero))
            child = dup(disk.descriptor.number)
        }
        defer { Glibc.close(child) }
        _ = try Disk(opening: image, for: .writing(wait: .zero))
    }

    @Test("the lock of a block device is on its whole-disk node", arguments: [512, 4096])
    func lockOnDevice(sectorSize: Int) throws {
        let loop = try LoopDevice(
            on: folder.image("a", size: 1 << 20),
            sectorSize: sectorSize
        )
        let disk = try Disk(opening: loop.path, for: .writing(wait: .zero))
        #expect(disk.sectorSize == sectorSize)
        #expect(disk.physicalSectorSize >= sectorSize)
        #expect(disk.size == 1 << 20)
        #expect(throws: DiskError.busy(path: loop.path)) {
            _ = try Disk(opening: loop.path, for: .writing(wait: .zero))
        }
        let holder = try Descriptor(opening: loop.path, for: .reading)
        #expect(throws: Errno.wouldBlock) { try holder.lock() }
    }

    @Test("folders, character devices and missing files are no disks")
    func notADisk() {
        #expect(throws: DiskError.notADisk(path: "/dev/null", kind: .characterDevice)) {
            _ = try Disk(opening: "/dev/null", for: .writing(wait: .zero))
        }
        #expect(throws: DiskError.notADisk(path: folder.path, kind: .directory)) {
            _ = try Disk(opening: folder.path, for: .reading)
        }
        #expect(throws: DiskError.failed(path: folder("x"), .noEntry)) {
            _ = try Disk(opening: folder("x"), for: .reading)
        }
    }

    @Test("a partition's node is refused: the whole disk is wanted")
    func partitionNode() throws {
        let loop = try LoopDevice(on: folder.image("a", size: 4 << 20), sectorSize: 512)
        try run("addpart", loop.path, "1", "2048", "2048")
        let node = loop.path + "p1"
        #expect(throws: DiskError.isPartition(path: node)) {
            _ = try Disk(opening: node, for: .reading)
        }
    }

    @Test(
        "an image has the sector size of its partition table, primary or backup",
        arguments: [512, 4096],
        [true, false]
    )
    func imageSectorSize(size: Int, isPrimary: Bool) throws {
        let image = try folder.image("a", size: 1 << 20)
        let file = try Descriptor(opening: image, for: .both)
        try file.write(Array("EFI PART".utf8).span, at: isPrimary ? size : (1 << 20) - size)
        #expect(try Disk(opening: image, for: .reading).sectorSize == size)
    }

    @Test("an image without a table, and a tiny one, count in 512 bytes")
    func blankImage() throws {
        #expect(
            try Disk(opening: folder.image("a", size: 1 << 20), for: .reading).sectorSize == 512
        )
        #expect(try Disk(opening: folder.image("b", size: 100), for: .reading).sectorSize == 512)
    }

    @Test("a created image is locked, and never replaces a file")
    func create() throws {
        let disk = try Disk(
            creatingImage: folder("a"),
            size: 1 << 20,
            sectorSize: 4096,
            permissions: 0o600
        )
        #expect(disk.sectorSize == 4096 && disk.size == 1 << 20 && disk.kind == .image)
        #expect(throws: DiskError.busy(path: folder("a"))) {
            _ = try Disk(opening: folder("a"), for: .writing(wait: .zero))
        }
        #expect(throws: DiskError.failed(path: folder("a"), .exists)) {
            _ = try Disk(
                creatingImage: folder("a"),
                size: 1 << 20,
                sectorSize: 512,
                permissions: 0o600
            )
        }
    }

    @Test("a range outside the disk, empty, or not on whole sectors is refused")
    func outside() throws {
        let disk = try Disk(opening: folder.image("a", size: 1 << 20), for: .reading)
        for range in [-512..<512, 0..<((1 << 20) + 512), 512..<512, 100..<612, 512..<700] {
            #expect(throws: DiskError.outside(path: disk.path, range: range, size: 1 << 20)) {
                _ = try disk.device(range, hashing: OpenSSLHashing(), rate: nil)
            }
        }
    }

    @Test("a partition the kernel knows is written through its own node, another by offset")
    func route() throws {
        let loop = try LoopDevice(on: folder.image("a", size: 8 << 20), sectorSize: 512)
        try run("addpart", loop.path, "1", "2048", "4096")
        let disk = try Disk(opening: loop.path, for: .writing(wait: .zero))
        let own = try disk.device((1 << 20)..<(3 << 20), hashing: OpenSSLHashing(), rate: nil)
        let part = try disk.device((4 << 20)..<(5 << 20), hashing: OpenSSLHashing(), rate: nil)
        #expect(own.hasOwnNode && own.isDirect)
        #expect(!part.hasOwnNode && part.isDirect)
        try own.write([1, 2, 3].span, at: 5)
        try own.flush()
        var bytes: [UInt8] = [0, 0, 0]
        var span = bytes.mutableSpan
        let whole = try disk.device(0..<(8 << 20), hashing: OpenSSLHashing(), rate: nil)
        try whole.read(into: &span, at: (1 << 20) + 5)
        #expect(bytes == [1, 2, 3])
    }

    @Test("a partition that is mounted or claimed is refused for writing, and can be read")
    func claimed() throws {
        let loop = try LoopDevice(on: folder.image("a", size: 64 << 20), sectorSize: 512)
        try run("addpart", loop.path, "1", "2048", "65536")
        let node = loop.path + "p1"
        try run("mkfs.ext4", "-q", node)
        try Directory.create(folder("mnt"))
        try run("mount", node, folder("mnt"))
        defer { _ = try? run("umount", folder("mnt")) }
        let range = (1 << 20)..<(33 << 20)
        let disk = try Disk(opening: loop.path, for: .writing(wait: .zero))
        #expect(throws: DiskError.inUse(path: node)) {
            _ = try disk.device(range, hashing: OpenSSLHashing(), rate: nil)
        }
        #expect(try disk.isInUse())
        let reader = try Disk(opening: loop.path, for: .reading)
        _ = try reader.device(range, hashing: OpenSSLHashing(), rate: nil)
    }

    @Test("a disk that nobody uses is not in use; an image never is")
    func notInUse() throws {
        let image = try folder.image("a", size: 1 << 20)
        #expect(try !Disk(opening: image, for: .reading).isInUse())
        let loop = try LoopDevice(on: image, sectorSize: 512)
        #expect(try !Disk(opening: loop.path, for: .reading).isInUse())
    }
}
