import SlotsDisk
import Testing

@testable import Boot

@Suite("Finding our disk")
struct DiskSearchTests {
    @Test("the sum is the one of ISO 3309")
    func sum() { #expect(Array("123456789".utf8).crc32 == 0xcbf4_3926) }

    @Test("our disk is the one that holds the partition, and its nodes are the kernel's")
    func found() throws {
        let ground = MemoryGround()
        ground.addDisk("vda", TestTable(parts: []))
        ground.addDisk("vdb", .ours())
        let search = DiskSearch(ground: ground)
        let disks = search.disks(with: TestTable.ownID)
        #expect(disks.map(\.node) == ["/dev/vdb"])
        let entry = try #require(disks[0].table.entry(id: TestTable.ownID))
        #expect(entry.name == "KEELOS_ROOT_A" && entry.number == 2)
        #expect(entry.range == (200 * 512)..<(1000 * 512))
        #expect(search.node(of: entry, on: disks[0]) == "/dev/vdb2")
        #expect(search.disks(with: "no-such-id").isEmpty)
    }

    @Test("a partition that the kernel sees with another size has no node")
    func stale() throws {
        let ground = MemoryGround()
        ground.addDisk("vda", .ours())
        ground.set("/sys/block/vda/vda2/size", "17\n")
        let disk = try #require(DiskSearch(ground: ground).disks(with: TestTable.ownID).first)
        let entry = try #require(disk.table.entry(id: TestTable.ownID))
        #expect(DiskSearch(ground: ground).node(of: entry, on: disk) == nil)
    }

    @Test("a disk with sectors of 4096 bytes is read in those")
    func large() throws {
        var table = TestTable.ours()
        table.sectorSize = 4096
        let ground = MemoryGround()
        ground.addDisk("sda", table)
        let disk = try #require(DiskSearch(ground: ground).disks(with: TestTable.ownID).first)
        #expect(disk.table.entry(id: TestTable.ownID)?.range == (200 * 4096)..<(1000 * 4096))
    }

    @Test("a damaged primary table is replaced by its backup, two damaged ones are none")
    func backup() {
        let ground = MemoryGround()
        ground.addDisk("vda", .ours())
        let search = DiskSearch(ground: ground)
        ground.files["/dev/vda"]?[512 + 40] ^= 1
        #expect(search.disks(with: TestTable.ownID).count == 1)
        ground.files["/dev/vda"]?[(4096 - 33) * 512 + 7] ^= 1
        #expect(search.disks(with: TestTable.ownID).isEmpty)
    }

    @Test("entries that are not what the header was made for are refused")
    func entries() {
        let ground = MemoryGround()
        ground.addDisk("vda", .ours())
        for sector in [2, 4096 - 33] { ground.files["/dev/vda"]?[sector * 512 + 60] ^= 1 }
        #expect(DiskSearch(ground: ground).disks(with: TestTable.ownID).isEmpty)
    }

    @Test("of two disks the one that stays comes first, then the lower place on the bus")
    func twins() {
        let ground = MemoryGround()
        let bus = "../devices/pci0000:00"
        ground.addDisk("vda", .ours(), at: bus + "/0000:00:01.0/usb1", isRemovable: true)
        ground.addDisk("vdb", .ours(), at: bus + "/0000:00:0a.0/virtio3")
        ground.addDisk("vdc", .ours(), at: bus + "/0000:00:03.0/virtio2")
        let found = DiskSearch(ground: ground).disks(with: TestTable.ownID).map(\.node)
        #expect(found == ["/dev/vdc", "/dev/vdb", "/dev/vda"])
    }

    @Test("numbers in names count as numbers")
    func natural() {
        #expect(Natural.isLess("host2/target", "host10/target"))
        #expect(!Natural.isLess("host10/target", "host2/target"))
        #expect(Natural.isLess("eth0", "eth1") && Natural.isLess("eth", "eth0"))
        #expect(!Natural.isLess("eth0", "eth0"))
    }

    @Test("two partitions of a name are as good as none")
    func ambiguous() throws {
        var table = TestTable.ours()
        table.parts[3].name = "KEELOS_ROOT_B"
        let ground = MemoryGround()
        ground.addDisk("vda", table)
        let disk = try #require(DiskSearch(ground: ground).disks(with: TestTable.ownID).first)
        #expect(disk.table.entry(named: "KEELOS_ROOT_B") == nil)
        #expect(disk.table.entry(named: "KEELOS_ROOT_A", type: PartitionTable.systemType) == nil)
    }
}
