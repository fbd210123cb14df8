import Slots
import SlotsDisk
import SlotsLayout
import Support
import Syscalls
import Testing

@testable import Provision

@Suite("A data partition that is there", .serialized)
struct DataTests {
    private func made(_ place: Place = .image512) throws -> (Bench, Partition) {
        let bench = try Bench(place)
        #expect(bench.provision().state == .made)
        return (bench, try bench.data())
    }

    @Test("one whose first superblock is lost is mended from a backup", arguments: Place.allCases)
    func superblock(place: Place) throws {
        let (bench, data) = try made(place)
        try bench.put([UInt8](repeating: 0, count: 4096), at: data.range.lowerBound)
        let answer = bench.provision()
        #expect(answer.state == .repaired, "\(answer)")
        try bench.expectWhole("\(place)")
        #expect(bench.provision().state == .ready)
    }

    @Test("one that is damaged beyond a plain repair is only read, and nothing is changed")
    func damaged() throws {
        let (bench, data) = try made()
        // The group descriptors, and the inodes of the root folder with them.
        try bench.put(
            [UInt8](repeating: 0xA5, count: 8 << 20),
            at: data.range.lowerBound + 4096
        )
        let answer = bench.provision()
        #expect(answer.state == .readOnly, "\(answer)")
        #expect(answer.sentence.contains("a person"))
        #expect(try bench.data() == data)
    }

    @Test("one that holds something else is not touched", arguments: Known.allCases)
    func foreign(known: Known) throws {
        let (bench, data) = try made()
        let blank = [UInt8](repeating: 0, count: 1 << 20)
        for start in stride(from: 0, to: data.range.count, by: blank.count) {
            try bench.put(blank, at: data.range.lowerBound + start)
        }
        try known.make(on: bench, data.range)
        let before = try bench.bytes(data.range)
        let answer = bench.provision()
        #expect(answer.state == .foreign, "\(answer)")
        #expect(answer.sentence.contains(known.rawValue), "\(answer)")
        #expect(try bench.bytes(data.range).elementsEqual(before))
    }

    @Test("the free room of a disk is not taken where something known begins")
    func foreignRoom() throws {
        let bench = try Bench(.image512)
        let room = try Layout.roomForData(on: Disk(opening: bench.path, for: .reading))
        try Known.xfs.make(on: bench, room)
        let before = try bench.bytes(0..<Bench.larger)
        let answer = bench.provision()
        #expect(answer.state == .foreign, "\(answer)")
        #expect(try bench.bytes(0..<Bench.larger).elementsEqual(before))
        #expect(try bench.layout().data == nil)
    }

    @Test("a table whose first copy is damaged is written anew from the other")
    func damagedTable() throws {
        let (bench, _) = try made()
        let before = try bench.layout()
        try bench.put([UInt8](repeating: 0xFF, count: 64), at: 512 + 40)
        #expect(bench.provision().state == .ready)
        #expect(try bench.layout() == before)
    }

    @Test("one that is mounted is left alone")
    func mounted() throws {
        let (bench, data) = try made(.loop512)
        try Directory.create(bench.folder("mounted"))
        try run("mount", "\(bench.path)p4", bench.folder("mounted"))
        defer { _ = try? run("umount", bench.folder("mounted")) }
        let answer = bench.provision()
        #expect(answer.state == .ready && answer.sentence.contains("in use"), "\(answer)")
        #expect(try bench.data() == data)
    }

    @Test("while another writer holds the disk nothing is made, and there is never a second one")
    func locked() throws {
        let (bench, data) = try made()
        let disk = try Disk(opening: bench.path, for: .writing(wait: .zero))
        #expect(throws: LayoutError.self) {
            try Layout.makeRoomForData(
                on: disk,
                identities: bench.identities,
                data: GUID(random: [UInt8](repeating: 1, count: 16))
            )
        }
        #expect(try bench.data() == data)
        #expect(bench.provision().state == .absent, "the disk is locked by another writer")
    }

    @Test("the answer is one line that our own reader takes", arguments: Answer.State.allCases)
    func line(state: Answer.State) throws {
        var answer = Answer(state, "It says \"so\".\n")
        answer.data = "/dev/vda4"
        let members = try FlatJSON(parsing: Array(answer.line.utf8)).members
        #expect(members["state"] == .text(state.rawValue))
        #expect(members["sentence"] == .text("It says \"so\".\n"))
        #expect(!answer.line.contains("\n"))
    }
}

/// What a partition may hold that is not ours.
enum Known: String, CaseIterable, CustomTestStringConvertible {
    case xfs = "XFS"
    case btrfs = "Btrfs"
    case luks = "LUKS"
    case lvm = "LVM"
    case swap = "swap"
    case fat = "FAT"
    case ntfs = "NTFS"
    case squashfs = "SquashFS"
    case zfs = "ZFS"
    case raid = "an MD RAID"
    case table = "a GUID partition table"
    case nothing = "nothing that we know"

    var testDescription: String { rawValue }

    /// By the tool of its own where this machine has it, else by its magic number.
    func make(on bench: Bench, _ range: Range<Int>) throws {
        let start = range.lowerBound
        switch self {
        case .xfs: try bench.put(Array("XFSB".utf8), at: start)
        case .btrfs: try bench.put(Array("_BHRfS_M".utf8), at: start + 65_600)
        case .luks: try bench.put(Array("LUKS".utf8) + [0xBA, 0xBE, 0, 2], at: start)
        case .lvm: try bench.put(Array("LABELONE".utf8), at: start + 512)
        case .swap: try tool("mkswap", bench, start)
        case .fat: try tool("mkfs.vfat", bench, start)
        case .ntfs: try bench.put(Array("NTFS    ".utf8), at: start + 3)
        case .squashfs: try bench.put(Array("hsqs".utf8), at: start)
        case .zfs: try bench.put([0, 0, 0, 0, 0, 0xBA, 0xB1, 0x0C], at: start + (132 << 10))
        case .raid: try bench.put([0xFC, 0x4E, 0x2B, 0xA9], at: start + 4096)
        case .table: try tool("sfdisk", bench, start)
        case .nothing: try bench.put([UInt8](repeating: 0x5A, count: 4096), at: start)
        }
    }

    private func tool(_ name: String, _ bench: Bench, _ start: Int) throws {
        let file = try bench.folder.image("made", size: 32 << 20)
        if name == "sfdisk" {
            try run("sh", "-c", "echo 'label: gpt' | sfdisk -q \(file)")
        } else {
            try run(name, file)
        }
        try bench.put(try File.read(file, limit: 64 << 20), at: start)
        try File.remove(file)
    }
}
