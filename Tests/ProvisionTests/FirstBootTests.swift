import Slots
import SlotsDisk
import SlotsLayout
import Support
import Syscalls
import Testing

@testable import Provision

@Suite("The first boot", .serialized)
struct FirstBootTests {
    @Test(
        "a larger disk is used to its end, under identities of its own",
        arguments: Place.allCases
    )
    func larger(place: Place) throws {
        let bench = try Bench(place)
        let before = try bench.layout()
        let answer = bench.provision()
        #expect(answer.state == .made && answer.hasGrown, "\(answer)")
        try bench.expectWhole("\(place)")
        let after = try bench.layout()
        #expect(after.data?.range.upperBound == Bench.larger - Layout.alignment)
        #expect(after.systemPartition.range == before.systemPartition.range)
        #expect(after.slots.a.range == before.slots.a.range)
        let old = [before.diskID, before.systemPartition.id, before.slots.a.id, before.slots.b.id]
        let new = [after.diskID, after.systemPartition.id, after.slots.a.id, after.slots.b.id]
        #expect(Set(old + new).count == 8)
        #expect(answer.partition == after.slots.a.id.description)
        #expect(answer.data.hasPrefix(bench.path))
        // The kernel's command line still says the old identity.
        let again = bench.provision()
        #expect(again.state == .ready && again.partition == answer.partition, "\(again)")
        #expect(try bench.layout() == after)
    }

    @Test("the next boot changes no identity, and the word of the first one is gone with it")
    func secondBoot() throws {
        let bench = try Bench(.image512)
        _ = bench.provision()
        try File.remove(bench.folder("partuuid"))
        let before = try bench.layout()
        #expect(bench.provision().state == .absent)
        let answer = Provisioning(
            disk: bench.path,
            partition: before.slots.b.id.description.uppercased(),
            runFolder: bench.folder.path
        ).run()
        #expect(answer.state == .ready && answer.partition == before.slots.b.id.description)
        #expect(try bench.layout() == before)
    }

    @Test("without room the disk is left as it is")
    func noRoom() throws {
        let bench = try Bench(.image512, size: Bench.made)
        let before = try bench.bytes(0..<(1 << 20))
        #expect(bench.provision().state == .absent)
        #expect(try bench.bytes(0..<(1 << 20)) == before)
    }

    @Test("a disk whose slots have other identities is refused")
    func otherDisk() throws {
        let bench = try Bench(.image512)
        let answer = Provisioning(
            disk: bench.path,
            partition: "01234567-89ab-4def-8123-456789abcdef",
            runFolder: bench.folder.path
        ).run()
        #expect(answer.state == .absent)
        #expect(try bench.layout().data == nil)
        #expect(
            Provisioning(disk: bench.folder("none"), partition: nil, runFolder: "/").run().state
                == .absent
        )
    }

    @Test(
        "killed at any write of its own the next run finishes, and the slots stay",
        arguments: ["write", "pwrite64", "fsync", "fdatasync"]
    )
    func killed(call: String) throws {
        try Bench.killEach(call) { bench, what in
            // The firmware starts the same slots from whatever is left.
            let left = try Disk(opening: bench.path, for: .reading)
            _ = try Layout.find(on: left, acceptingBackup: true)
            // In the same boot the old identity is understood, whichever the table has by now.
            let same = bench.provision()
            #expect(same.state.isUsable, "\(what): \(same)")
            let layout = try bench.layout()
            let answer = Provisioning(
                disk: bench.path,
                partition: layout.slots.a.id.description,
                runFolder: bench.folder("none")
            ).run()
            #expect(answer.state.isUsable, "\(what): \(answer)")
            try bench.expectWhole(what)
        }
    }
}

enum Files {
    static func isProgram(_ path: String) -> Bool {
        (try? Descriptor(opening: path, for: .reading)) != nil
    }
}
