import Simulator
import Slots
import SlotsDisk
import Testing
import Trust

@Suite("The black box")
struct BlackBoxTests {
    static let hashing = OpenSSLHashing()

    @Test("a boot's entry and text come back, the newest boot first")
    func roundTrip() throws {
        let world = BlackBoxWorld(WorldShape.all[0])
        try BlackBoxRing.format(world.disk)
        for number in 1...3 {
            var entry = BootEntry(bootID: "boot-\(number)", slot: .b, state: "trial3")
            entry.version = "1.2.\(number)"
            entry.attempt = 1
            entry.started = Timestamp(seconds: number)
            let box = try world.ring.begin(entry)
            try box.reach(.verity, at: Timestamp(seconds: 100))
            box.note(Array("line \(number)\n".utf8))
            try box.save()
            try box.fail("containerd", "it does not \"answer\"\n", at: nil)
            try box.fail("agent", "what followed", at: nil)
        }
        let accounts = try world.ring.accounts()
        #expect(accounts.map(\.entry.number) == [3, 2, 1])
        let last = try #require(accounts.first)
        #expect(last.entry.bootID == "boot-3")
        #expect(last.entry.stage == .verity)
        #expect(last.entry.updated == Timestamp(seconds: 100))
        #expect(last.entry.started == Timestamp(seconds: 3))
        #expect(last.entry.version == "1.2.3")
        #expect(last.entry.failed == "containerd")
        #expect(last.entry.reason == "it does not \"answer\"\n")
        #expect(last.text == Array("line 3\n".utf8))
    }

    @Test("after the root was switched the same boot goes on in its place")
    func goesOn() throws {
        let world = BlackBoxWorld(WorldShape.all[0])
        try BlackBoxRing.format(world.disk)
        let first = try world.ring.begin(BootEntry(bootID: "one", slot: .a, state: "good"))
        first.note(BlackBoxWorld.text(0..<9000))
        try first.reach(.switch, at: Timestamp(seconds: 7))
        var entry = BootEntry(bootID: "one", slot: .a, state: "good")
        entry.stage = .mounts
        entry.started = Timestamp(seconds: 9)
        let second = try world.ring.begin(entry)
        second.note(BlackBoxWorld.text(9000..<20000))
        try second.save()
        let accounts = try world.ring.accounts()
        #expect(accounts.count == 1)
        #expect(accounts[0].entry.stage == .mounts)
        #expect(accounts[0].entry.number == 1)
        #expect(accounts[0].text == BlackBoxWorld.text(0..<20000))
    }

    @Test("of a long text the newest 46 to 50 KB stay")
    func longText() throws {
        let world = BlackBoxWorld(WorldShape.all[0])
        try BlackBoxRing.format(world.disk)
        let box = try world.ring.begin(BootEntry(bootID: "one", slot: .a, state: "good"))
        for start in stride(from: 0, to: 200_000, by: 1700) {
            box.note(BlackBoxWorld.text(start..<(start + 1700)))
            try box.save()
        }
        let text = try #require(world.ring.accounts().first?.text)
        let end = 200_600
        #expect((46_080...50_000).contains(text.count))
        #expect(text == BlackBoxWorld.text((end - text.count)..<end))
        box.note(BlackBoxWorld.text(end..<(end + 300_000)))
        try box.save()
        let later = try #require(world.ring.accounts().first?.text)
        #expect(later == BlackBoxWorld.text((end + 300_000 - later.count)..<(end + 300_000)))
    }

    @Test("what a panic left is added to the boot before, and its entry stays")
    func boxBefore() throws {
        let world = BlackBoxWorld(WorldShape.all[0])
        try BlackBoxRing.format(world.disk)
        #expect(try world.ring.boxBefore("two") == nil)
        let one = try world.ring.begin(BootEntry(bootID: "one", slot: .b, state: "trial3"))
        one.note(Array("first\n".utf8))
        try one.reach(.data, at: nil)
        _ = try world.ring.begin(BootEntry(bootID: "two", slot: .a, state: "good"))
        let before = try #require(try world.ring.boxBefore("two"))
        before.note(Array("Kernel panic\n".utf8))
        try before.save()
        let accounts = try world.ring.accounts()
        #expect(accounts.map(\.entry.bootID) == ["two", "one"])
        #expect(accounts[1].text == Array("first\nKernel panic\n".utf8))
        #expect(accounts[1].entry.stage == .data)
    }

    @Test("texts of any length and kind fit their block, cut where they are too long")
    func longEntries() throws {
        var entry = BootEntry(bootID: String(repeating: "f", count: 64), slot: .a, state: "good")
        for text in ["\u{1}", "\"", "é", "😀", "x"] {
            entry.reason = String(repeating: text, count: 5000)
            entry.failed = entry.reason
            entry.version = entry.reason
            entry.state = entry.reason
            let content = entry.encoded(revision: 1 << 52)
            #expect(content.count <= SealedBlock.capacity)
            let back = try #require(BootEntry(parsing: content))
            #expect(entry.reason.hasPrefix(back.reason) && back.reason.utf8.count > 380)
            #expect(BootEntry.revision(of: content) == 1 << 52)
        }
    }

    @Test("a ring that nobody made is never written to", arguments: [UInt8(0), 0x4b])
    func foreign(byte: UInt8) throws {
        let content = [UInt8](repeating: byte, count: BlackBoxLayout.size)
        let device = MemoryDevice(content, sectorSize: 512)
        let ring = BlackBoxRing(on: device, hashing: Self.hashing)
        #expect(throws: BlackBoxError.noRing) {
            try ring.begin(BootEntry(bootID: "one", slot: .a, state: "good"))
        }
        #expect(try ring.accounts().isEmpty && !ring.isMade())
        #expect(device.changedSectors(since: content).isEmpty)
    }

    @Test("a place that cannot be read is passed over, and a ring that cannot be read says so")
    func unreadable() throws {
        let device = MemoryDevice(
            [UInt8](repeating: 0, count: BlackBoxLayout.size),
            sectorSize: 512
        )
        let ring = BlackBoxRing(on: device, hashing: Self.hashing)
        try BlackBoxRing.format(device)
        for number in 1...3 {
            _ = try ring.begin(BootEntry(bootID: "\(number)", slot: .a, state: "good"))
        }
        device.unreadable = BlackBoxLayout.placeSize..<(BlackBoxLayout.placeSize + 512)
        #expect(try ring.accounts().map(\.entry.bootID) == ["3", "1"])
        device.unreadable = 0..<BlackBoxLayout.size
        #expect(throws: DeviceError.self) { try ring.accounts() }
        #expect(throws: BlackBoxError.self) {
            try ring.begin(BootEntry(bootID: "4", slot: .a, state: "good"))
        }
    }

    @Test("one bit changed anywhere in a block, and it does not open")
    func bits() throws {
        let block = SealedBlock.seal(Array("content".utf8), Self.hashing)
        #expect(SealedBlock.open(block, Self.hashing) == Array("content".utf8))
        for index in block.indices {
            var other = block
            other[index] ^= 1 << UInt8(index % 8)
            #expect(SealedBlock.open(other, Self.hashing) == nil)
        }
    }
}
