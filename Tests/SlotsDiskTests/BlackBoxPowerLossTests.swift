import Simulator
import Slots
import SlotsDisk
import Testing
import Trust

/// A ring on a simulated disk, and what was promised about each boot.
final class BlackBoxWorld {
    /// What a boot's account may say from one moment to the next.
    struct Promise {
        /// Entries that may stand: the one that is durable, and one on its way.
        var entries: [BootEntry]
        /// Where text that may stand ends: what is durable, parts that became whole on the way,
        /// all of it.
        var ends: [Int]
    }

    let power = Power()
    let disk: SimulatedDisk
    let ring: BlackBoxRing
    var promises: [String: Promise] = [:]

    init(_ shape: WorldShape) {
        disk = SimulatedDisk(
            "ring",
            size: BlackBoxLayout.size,
            sectorSize: shape.sectorSize,
            physicalSize: shape.physicalSize,
            power: power,
            hashing: OpenSSLHashing()
        )
        ring = BlackBoxRing(on: disk, hashing: OpenSSLHashing())
    }

    /// Text in which every place can be told from every other.
    static func text(_ range: Range<Int>) -> [UInt8] { Array(all[range]) }

    private static let all = (0..<1_100_000).map { index in
        UInt8(truncatingIfNeeded: (index &* 2_654_435_761) >> 11 ^ index)
    }

    static func entry(_ number: Int) -> BootEntry {
        var entry = BootEntry(
            bootID: "boot-\(number)",
            slot: number % 2 == 0 ? .a : .b,
            state: "trial\(1 + number % 3)"
        )
        entry.version = "1.0.\(number)"
        entry.number = number
        return entry
    }

    /// One boot as the first process tells it. Throws when the power goes.
    func boot(_ number: Int) throws {
        var entry = Self.entry(number)
        let id = entry.bootID
        promises[id] = Promise(entries: [entry], ends: [0])
        let box = try ring.begin(entry)
        var end = 0
        for stage in [BootStage.modules, .verity, .healthy] {
            let next = end + 700 + 2300 * (number % 5)
            box.note(Self.text(end..<next))
            let parts = (end...next).filter { $0.isMultiple(of: BootText.partSize) }
            promises[id]?.ends = [end, next] + parts
            try box.save()
            promises[id]?.ends = [next]
            end = next
            entry.stage = stage
            promises[id]?.entries.append(entry)
            try box.reach(stage, at: nil)
            promises[id]?.entries = [entry]
        }
        (entry.failed, entry.reason) = ("check", "because of \(number)")
        promises[id]?.entries.append(entry)
        try box.fail("check", "because of \(number)", at: nil)
        promises[id]?.entries = [entry]
    }

    /// What is broken of what was promised when `last` is the newest boot that began.
    func broken(last: Int) throws -> [String] {
        var broken: [String] = []
        let accounts = try ring.accounts()
        for account in accounts {
            let entry = account.entry
            guard let promise = promises[entry.bootID] else {
                broken.append("\(entry.bootID) never was")
                continue
            }
            if !promise.entries.contains(entry) { broken.append("\(entry) was not said") }
            let ends = promise.ends.filter { end in
                end >= account.text.count
                    && Self.text((end - account.text.count)..<end) == account.text
            }
            // The place that the newest boot takes loses its text bit by bit, never its meaning.
            if ends.isEmpty, entry.number > last - BlackBoxLayout.placeCount {
                broken.append("\(entry.bootID): text of \(account.text.count) was not said")
            }
        }
        // The newest may not have got its place; each one before it has, as far as the ring goes.
        let kept = max(1, last - BlackBoxLayout.placeCount + 1)..<max(1, last)
        let seen = Set(accounts.map(\.entry.number))
        for number in kept where !seen.contains(number) { broken.append("boot \(number) is lost") }
        return broken
    }
}

@Suite("Power loss in the black box")
struct BlackBoxPowerLossTests {
    /// Boots before those that are cut: the ring is full, and goes round.
    private static let before = 15
    private static let boots = 16...18

    @Test(
        "a cut after any write loses no other boot, and shows nothing that was not said",
        arguments: WorldShape.all,
        [UInt64](1...2)
    )
    func everyEffect(shape: WorldShape, seed: UInt64) throws {
        let full = BlackBoxWorld(shape)
        try BlackBoxRing.format(full.disk)
        for number in 1...Self.before { try full.boot(number) }
        let start = full.disk.content
        var cut = 0
        while true {
            let world = BlackBoxWorld(shape)
            world.adopt(full, start)
            world.power.cutAfter = cut
            var last = Self.before
            var isDone = false
            do {
                for number in Self.boots {
                    last = number
                    try world.boot(number)
                }
                isDone = true
            } catch {}
            world.power.cut()
            var generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(cut))
            world.disk.losePower(using: &generator)
            world.power.restore()
            let broken = try world.broken(last: last)
            #expect(broken.isEmpty, "\(shape), seed \(seed), cut \(cut): \(broken)")
            // The next boot finds its place, whatever is left.
            _ = try world.ring.begin(BootEntry(bootID: "next", slot: .a, state: "good"))
            #expect(try world.ring.accounts().first?.entry.bootID == "next")
            if isDone { break }
            cut += 1
        }
        #expect(cut > 60)
    }

    @Test("a cut while a ring is made leaves none, or one without boots", arguments: 0..<20)
    func whileMade(cut: Int) throws {
        let world = BlackBoxWorld(WorldShape.all[1])
        world.disk.tamper(BlackBoxWorld.text(0..<BlackBoxLayout.size), at: 0)
        world.power.cutAfter = cut
        _ = try? BlackBoxRing.format(world.disk)
        world.power.cut()
        var generator = SeededGenerator(seed: UInt64(cut))
        world.disk.losePower(using: &generator)
        world.power.restore()
        #expect(try world.ring.accounts().isEmpty)
        try BlackBoxRing.format(world.disk)
        _ = try world.ring.begin(BlackBoxWorld.entry(1))
        #expect(try world.ring.accounts().count == 1)
    }
}

extension BlackBoxWorld {
    /// Begins with what another world had, and with what was promised there.
    func adopt(_ other: BlackBoxWorld, _ content: SimulatedDisk.Content) {
        disk.restore(content)
        promises = other.promises
    }
}
