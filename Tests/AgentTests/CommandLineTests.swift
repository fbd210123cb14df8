import Slots
import SlotsDisk
import SlotsLayout
import Testing

@testable import Agent

@Suite("The kernel's command line")
struct CommandLineTests {
    @Test("slot, state and partition are read, whatever stands around them")
    func reads() {
        let line = CommandLine(
            "quiet keel.slot=B keel.state=trial2 root=/dev/dm-0 "
                + "keel.partuuid=C12A7328-F81F-11D2-BA4B-00A0C93EC93B keel.loader=1\n"
        )
        #expect(line.slot == .b)
        #expect(line.state == "trial2")
        #expect(line.partition == .systemType)
        #expect(CommandLine("") == CommandLine("keel.slot=C keel.partuuid=nonsense quiet"))
    }

    @Test("a disk that holds the partition that was booted is the node's own, another is not")
    func ownDisk() throws {
        let node = try TestNode()
        let disk = try Disk(opening: node.place.disk, for: .reading)
        let layout = try Layout.find(on: disk, acceptingBackup: true)
        let id = layout.slots.a.id
        let booted = CommandLine("keel.slot=A keel.state=good keel.partuuid=\(id)")
        #expect(booted.reason(on: layout) == .booted(.a, state: "good"))
        #expect(booted.reason(on: layout).boot == .running(.a, lastResort: false))
        let other = CommandLine("keel.slot=B keel.state=good keel.partuuid=\(id)")
        #expect(other.reason(on: layout) == .offline)
        let last = CommandLine("keel.slot=A keel.state=lastresort keel.partuuid=\(id)")
        #expect(last.reason(on: layout).boot == .running(.a, lastResort: true))
    }
}
