import SlotsDisk
import Support
import Syscalls
import Testing

@testable import Provision

/// Which sector of the superblock a power cut let through.
enum Tear: String, CaseIterable, CustomTestStringConvertible {
    case first = "only the first sector is new"
    case second = "only the second sector is new"

    var testDescription: String { rawValue }
}

/// When the superblock was being written.
enum Moment: String, CaseIterable, CustomTestStringConvertible {
    case mount = "as it was mounted"
    case use = "while it was used"
    case unmount = "as it was unmounted"

    var testDescription: String { rawValue }
}

@Suite("A superblock that is torn", .serialized)
struct TornTests {
    private static let size = TornSuperblock.size
    private static let backup = 32768 * 4096

    @Test(
        "one that a power cut tore between its sectors is mended, and what was synced is there",
        arguments: Moment.allCases,
        Tear.allCases
    )
    func torn(moment: Moment, tear: Tear) throws {
        let (bench, place) = try made()
        let before = try bench.bytes(place.range)
        let mounted = try useAndCut(bench, place)
        let after = try bench.bytes(place.range)
        // What lay on the disk, and the superblock that was written over its own.
        var (content, new) =
            switch moment {
            case .mount: (before, mounted)
            case .use: (mounted, mounted)
            case .unmount: (after, after)
            }
        let superblock = Self.size..<(Self.size * 2)
        var old = Array((moment == .unmount ? mounted : content)[superblock])
        new = Array(new[superblock])
        if moment == .use {
            // The time of the last write, and a checksum that was right once.
            old[0x30] ^= 1
            old[Self.size - 1] ^= 1
        }
        let half = TornSuperblock.sector
        #expect(old[..<half] != new[..<half] && old[half...] != new[half...], "both are written")
        content[superblock] =
            tear == .first ? new[..<half] + old[half...] : old[..<half] + new[half...]
        try bench.put(content, at: place.range.lowerBound)
        #expect(throws: (any Error).self, "the kernel does not take it") { try mount(bench) }
        let answer = bench.provision()
        #expect(answer.state == .repaired, "\(answer)")
        try bench.expectWhole("\(moment), \(tear)")
        if moment != .mount {
            #expect(try run("debugfs", "-R", "cat /kept", place.name) == "kept")
        }
        #expect(bench.provision().state == .ready)
    }

    @Test("on a disk that was used before, garbage where no inode was ever written does not matter")
    func garbage() throws {
        let (bench, place) = try used()
        // The inodes of the second group: mke2fs leaves them to the kernel, which had no time.
        let groups = try run("dumpe2fs", place.name)
        let tables = groups.matches(of: /Inode table at (\d+)-(\d+)/)
        let last = try #require(tables.last)
        #expect(groups.contains("INODE_UNINIT"))
        let (from, to) = (try #require(Int(last.1)), try #require(Int(last.2)))
        let noise = (0..<((to + 1 - from) * 4096)).map { UInt8(truncatingIfNeeded: $0 &* 31 + 7) }
        try bench.put(noise, at: place.range.lowerBound + from * 4096)
        try tear(bench, place)
        let answer = bench.provision()
        #expect(answer.state == .repaired, "\(answer)")
        try bench.expectWhole("garbage")
        #expect(try run("debugfs", "-R", "cat /kept", place.name) == "kept")
    }

    @Test("one that is damaged beyond a tear is mended from a backup")
    func damaged() throws {
        let (bench, place) = try used()
        // How many blocks a group has.
        try bench.put([1, 2, 3, 4], at: place.range.lowerBound + Self.size + 0x20)
        #expect(bench.provision().state == .repaired)
        try bench.expectWhole("damaged")
        #expect(try run("debugfs", "-R", "cat /kept", place.name) == "kept")
    }

    @Test("one without a backup is only read, and nothing is changed")
    func alone() throws {
        let (bench, place) = try used()
        try tear(bench, place)
        try bench.put([0, 0], at: place.range.lowerBound + Self.backup + 56)
        let before = try bench.bytes(place.range)
        let answer = bench.provision()
        #expect(answer.state == .readOnly && answer.sentence.contains("code 8"), "\(answer)")
        #expect(try bench.bytes(place.range).elementsEqual(before))
    }

    @Test("it is taken for torn only if a sound backup agrees with it in every lasting field")
    func agreement() throws {
        let bench = try Bench(.image512)
        #expect(bench.provision().state == .made)
        let place = try place(bench)
        let whole = try superblock(bench, place)
        let start = place.range.lowerBound + Self.backup
        let backup = try bench.bytes(start..<(start + Self.size))
        var torn = whole
        torn[0x30] ^= 1
        #expect(TornSuperblock.mended(torn, backup: backup) != nil)
        #expect(TornSuperblock.mended(whole, backup: backup) == nil, "nothing is torn")
        #expect(TornSuperblock.mended(torn, backup: torn) == nil, "the backup is no better")
        #expect(TornSuperblock.mended([], backup: backup) == nil)
        // Inodes, blocks, the size of a block, of a group, magic, features, UUID, label, journal.
        let lasting = [
            0x00, 0x04, 0x18, 0x20, 0x28, 0x38, 0x58, 0x60, 0x64, 0x68, 0x78, 0xE0, 0xFE,
        ]
        for offset in lasting {
            var other = torn
            other[offset] ^= 0x80
            #expect(TornSuperblock.mended(other, backup: backup) == nil, "\(offset)")
        }
    }

    @Test("a superblock that cannot be written is an error that says so")
    func unwritten() throws {
        let bench = try Bench(.image512)
        #expect(bench.provision().state == .made)
        let place = try place(bench)
        try File.remove(bench.image)
        let failure = #expect(throws: FileSystemTools.Failure.self) {
            try FileSystemTools().write([0], at: 0, of: place)
        }
        #expect(failure?.words.hasPrefix("a torn superblock was not written: ") == true)
    }

    private func made() throws -> (Bench, DataPlace) {
        let bench = try Bench(.loop512)
        #expect(bench.provision().state == .made)
        return (bench, try place(bench))
    }

    /// A data partition as a power cut leaves it that was mounted: its journal is to be replayed.
    private func used() throws -> (Bench, DataPlace) {
        let (bench, place) = try made()
        try bench.put(useAndCut(bench, place), at: place.range.lowerBound)
        return (bench, place)
    }

    /// Mounts it, writes a file, and gives what a power cut would leave; then unmounts it.
    private func useAndCut(_ bench: Bench, _ place: DataPlace) throws -> [UInt8] {
        try mount(bench)
        defer { _ = try? run("umount", bench.folder("mounted")) }
        let text = Array("kept".utf8)
        try File.writeAtomically(text.span, to: bench.folder("mounted/kept"), permissions: 0o600)
        try run("sync", "-f", bench.folder("mounted/kept"))
        return try bench.bytes(place.range)
    }

    /// The kernel is not to write inodes that nobody uses: what it has time for is chance.
    private func mount(_ bench: Bench) throws {
        try Directory.create(bench.folder("mounted"))
        try run("mount", "-o", "noinit_itable", "\(bench.path)p4", bench.folder("mounted"))
    }

    private func tear(_ bench: Bench, _ place: DataPlace) throws {
        let start = place.range.lowerBound + Self.size
        let time = try bench.bytes(start + 0x30..<start + 0x31)
        try bench.put([time[0] ^ 1], at: start + 0x30)
    }

    private func place(_ bench: Bench) throws -> DataPlace {
        try DataPlace(bench.data(), of: Disk(opening: bench.path, for: .reading))
    }

    private func superblock(_ bench: Bench, _ place: DataPlace) throws -> [UInt8] {
        let start = place.range.lowerBound + Self.size
        return try bench.bytes(start..<(start + Self.size))
    }
}
