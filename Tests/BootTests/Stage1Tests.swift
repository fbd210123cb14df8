import Simulator
import Syscalls
import Testing
import Trust

@testable import Boot
@testable import Slots

/// The first stage on a machine made of memory: every way through it, in order.
@Suite("First stage")
struct Stage1Tests {
    private let ground = MemoryGround()
    private let journal = MemoryJournal()
    private let timer = MemoryTimer()

    private static let release: Release? = {
        guard let key = try? PrivateKey.generate(),
            let made = try? SimulatedRelease(version: "1.2.0", keys: [key])
        else { return nil }
        return Release(manifest: made.manifest, statement: made.statement, digest: made.digest)
    }()

    private func prepare(state: String = "good") {
        ground.set(
            "/proc/cmdline",
            "quiet keel.slot=A keel.state=\(state) keel.partuuid=\(TestTable.ownID)"
        )
        for path in ["/proc/self/exe", "/sys/class/x", "/dev/null"] { ground.set(path, "") }
        ground.set("/proc/sys/kernel/osrelease", "6.1")
        ground.set("/lib/modules/6.1/modules.dep", "virtio.ko:\nsoftdog.ko:\ndm-verity.ko:")
        ground.set("/lib/modules/6.1/modules.alias", "alias pci:* virtio")
        ground.set("/sys/bus/pci/devices/0/modalias", "pci:v1d1sv1sd1bc01sc00i00")
        ground.set("/init", "program")
        let ground = ground
        ground.onModule = { [unowned ground] name in
            if name == "virtio" { ground.addDisk("vda", .ours()) }
        }
    }

    private func keeper(
        a: SlotState = .good,
        b: SlotState = .good,
        content: Result<Release, BootFault>? = nil
    ) throws -> MemoryKeeper {
        let whole = Result<Release, BootFault>.success(try #require(Self.release))
        let record = BootRecord(preferred: .a, a: a, b: b, sequence: 4)
        return MemoryKeeper(record, content ?? whole)
    }

    private func run(_ keeper: MemoryKeeper) -> Stage1.Ending {
        Stage1(on: ground, journal: journal, timer: timer, keeping: { _ in keeper }).run()
    }

    @Test("a good slot is repaired, proved, mounted and entered, in this order")
    func good() throws {
        prepare()
        let keeper = try keeper()
        #expect(run(keeper) == .entered)
        #expect(keeper.verbs == ["repair", "read a"])
        let steps = ground.deeds.filter { !$0.hasPrefix("put") && !$0.hasPrefix("rmdir") }
        #expect(
            steps == [
                "folder /run", "mount /run tmpfs", "module virtio", "module dm_verity",
                "verity /dev/vda2", "mount /root squashfs", "folder /run/keel",
                "fill /run/keel/boot.json", "mount /root/dev /dev", "mount /root/proc /proc",
                "mount /root/sys /sys", "mount /root/run /run",
                "remove /lib/modules/6.1/modules.alias", "remove /lib/modules/6.1/modules.dep",
                "remove /init", "enter /root", "become /usr/sbin/keel-init",
            ]
        )
        #expect(journal.stages == [.modules, .slot, .verity, .switch])
        #expect(journal.place == (1800 * 512)..<(4001 * 512))
        let handover = try #require(
            Handover(parsing: try ground.read(Handover.path, limit: 9999))
        )
        #expect(handover.disk == "/dev/vda" && handover.version == "1.2.0")
        #expect(handover.warnings.isEmpty)
    }

    @Test("a slot that cannot be proved is marked failed when the other one is good")
    func refused() throws {
        prepare()
        let keeper = try keeper(content: .failure(BootFault("trailer", "it was touched")))
        #expect(run(keeper) == .restart)
        #expect(keeper.verbs == ["repair", "read a", "fail a"])
        #expect(journal.failures == ["trailer: it was touched"])
        #expect(ground.deeds("mount").contains { $0.hasPrefix("/root") } == false)
        #expect(ground.now < .seconds(5))
    }

    @Test(
        "a slot that is alone keeps its right and is tried again later",
        arguments: [SlotState.none, .failed, .tries(1)]
    )
    func alone(other: SlotState) throws {
        prepare()
        let fault = BootFault("trailer", "it was touched")
        let keeper = try keeper(b: other, content: .failure(fault))
        #expect(run(keeper) == .restart)
        #expect(keeper.verbs == ["repair", "read a"])
        #expect(ground.now >= .seconds(60))
    }

    @Test(
        "whatever fails on the way into the root ends in the same verdict",
        arguments: [
            ("verity", "verity"), ("mount /root squashfs", "root"), ("mount /root/proc", "switch"),
            ("enter", "switch"), ("become", "switch"), ("fill /run/keel/boot.json", "switch"),
        ]
    )
    func steps(deed: String, check: String) throws {
        prepare(state: "trial2")
        ground.refusals = [deed: .inputOutput]
        let keeper = try keeper(a: .tries(1))
        #expect(run(keeper) == .restart)
        #expect(keeper.verbs.last == "fail a")
        #expect(journal.failures.count == 1)
        #expect(journal.failures[0].hasPrefix(check + ":"))
    }

    @Test("a verdict that cannot be written still restarts")
    func readOnlyRecord() throws {
        prepare()
        let keeper = try keeper(content: .failure(BootFault("trailer", "x")))
        keeper.refusal = BootFault("record", "no copy took it")
        #expect(run(keeper) == .restart)
        #expect(ground.hasSaid("no copy took it"))
    }

    @Test("a record that cannot be repaired stops nothing, but is told on")
    func repair() throws {
        prepare()
        let keeper = try keeper()
        keeper.refusal = BootFault("record", "env0 is worn")
        #expect(run(keeper) == .entered)
        let bytes = try ground.read(Handover.path, limit: 9999)
        #expect(Handover(parsing: bytes)?.warnings.count == 1)
    }

    @Test("without the boot loader's words nothing is written anywhere")
    func wordless() throws {
        prepare()
        ground.set("/proc/cmdline", "quiet")
        let keeper = try keeper()
        #expect(run(keeper) == .restart)
        #expect(keeper.verbs.isEmpty && journal.failures.count == 1)
    }

    @Test("a disk that never shows up is waited for, then the machine restarts")
    func noDisk() throws {
        prepare()
        ground.onModule = { _ in }
        let keeper = try keeper()
        #expect(run(keeper) == .restart)
        #expect(keeper.verbs.isEmpty)
        #expect(ground.now >= .seconds(30) && ground.now < .seconds(60))
        #expect(ground.hasSaid("no disk holds partition"))
    }

    @Test("a partition of ours that has another name is not entered")
    func renamed() throws {
        prepare()
        var table = TestTable.ours()
        table.parts[1].name = "KEELOS_ROOT_X"
        let ground = ground
        ground.onModule = { [unowned ground] _ in ground.addDisk("vda", table) }
        #expect(run(try keeper()) == .restart)
        #expect(journal.failures[0].hasPrefix("disk:"))
    }

    @Test("two disks with our partition are told on")
    func twins() throws {
        prepare()
        ground.addDisk("vdb", .ours(), at: "../devices/pci0000:00/0000:00:09.0/virtio1")
        ground.addDisk("vda", .ours())
        #expect(run(try keeper()) == .entered)
        let handover = Handover(parsing: try ground.read(Handover.path, limit: 9999))
        #expect(handover?.disk == "/dev/vda" && handover?.warnings.count == 1)
    }

    @Test("a good slot that was unhealthy eight times hands over, once")
    func counter() throws {
        prepare()
        journal.unhealthy = 7
        var keeper = try keeper()
        #expect(run(keeper) == .entered)
        journal.unhealthy = 8
        keeper = try self.keeper()
        #expect(run(keeper) == .restart)
        #expect(keeper.verbs == ["repair", "arm b 3"])
        // The other one failed its trial: now this one is all there is.
        keeper = try self.keeper(b: .failed)
        #expect(run(keeper) == .entered)
        #expect(keeper.verbs == ["repair", "read a"])
    }

    @Test("a trial is never handed over by the counter")
    func trial() throws {
        prepare(state: "trial1")
        journal.unhealthy = 20
        let keeper = try keeper(a: .failed)
        #expect(run(keeper) == .entered)
        #expect(keeper.verbs == ["repair", "read a"])
    }

    @Test("without hardware the software's watchdog is loaded, and none is told on")
    func watchdog() throws {
        prepare()
        timer.isThere = false
        #expect(run(try keeper()) == .entered)
        #expect(ground.deeds("module").contains("softdog soft_panic=1"))
        let handover = Handover(parsing: try ground.read(Handover.path, limit: 9999))
        #expect(handover?.warnings == ["there is no watchdog"])
    }
}
