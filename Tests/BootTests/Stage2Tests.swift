import Slots
import Testing

@testable import Boot
@testable import Syscalls

@Suite("Second stage")
struct Stage2Tests {
    private let ground = MemoryGround()
    private let journal = MemoryJournal()
    private let timer = MemoryTimer()

    private func handover(_ state: String = "good") throws -> Handover {
        Handover(
            facts: BootFacts(slot: .a, state: state, partition: TestTable.ownID),
            disk: "/dev/vda",
            version: "1.2.0",
            digest: try #require(Digest(hex: String(repeating: "ab", count: 32))),
            warnings: []
        )
    }

    private func prepare(_ answer: String = #"{"data":"/dev/vda4","state":"ready","grown":true}"#) {
        ground.addDisk("vda", .ours())
        for path in ["/var/lib/containerd", "/var/log", "/opt/cni/bin"] {
            ground.set(path + "/.x", "")
        }
        ground.programs[DataPartition.provision] = Spawn.Outcome(
            end: .exited(code: 0),
            output: Array("a line before\n\(answer)\n".utf8),
            isCut: false
        )
        ground.set("/etc/keel/build.json", #"{"created": "2026-11-21T00:00:00Z"}"#)
        ground.set("/etc/keel/services/a.json", #"{"name": "a", "command": ["/a"]}"#)
        ground.set("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n")
    }

    private func run(_ state: String = "good") throws -> Stage2.Ready {
        Stage2(on: ground, journal: journal, timer: timer).run(try handover(state)) { _ in
            MemoryPort()
        }
    }

    @Test("mounts, data, network, clock and lockdown come in this order")
    func order() throws {
        prepare()
        let ready = try run()
        #expect(journal.stages == [.mounts, .data, .network, .clock])
        #expect(ready.data == .writable && ready.specs.map(\.name) == ["a"])
        let deeds = ground.deeds
        let order = [
            "mount /sys/fs/cgroup cgroup2", "mount / none",
            "put /proc/sys/net/ipv4/ip_forward=1",
            "run /usr/sbin/keel-provision --disk /dev/vda --partuuid \(TestTable.ownID)",
            "mount /var/lib/keel ext4",
            "mount /var/lib/containerd /var/lib/keel/var/var-lib-containerd",
            "mount /opt/cni/bin overlay", "keep /var/lib/keel/machine-id",
            "host keel-abababab", "put /sys/kernel/security/lockdown=integrity",
        ]
        let places = order.compactMap { deeds.firstIndex(of: $0) }
        #expect(places.count == order.count && places == places.sorted())
        #expect(ground.text("/run/keel/machine-id") == String(repeating: "ab", count: 16))
        #expect(!deeds.contains { $0.hasPrefix("mount /var/lib/kubelet") })
    }

    @Test("the watchdog waits for the data partition as long as that may take, and no longer")
    func patientWatchdog() throws {
        prepare()
        _ = try run()
        #expect(timer.times == [120, 600, 120])
    }

    @Test("no single refusal keeps the second stage from its end")
    func anyRefusal() throws {
        prepare()
        _ = try run()
        for deed in Set(ground.deeds) {
            let fresh = Stage2Tests()
            fresh.prepare()
            fresh.ground.refusals = [deed: .inputOutput]
            let ready = try fresh.run()
            #expect(fresh.journal.stages.last == .clock, "\(deed)")
            #expect(ready.specs.count == 1, "\(deed)")
        }
    }

    @Test("without an answer about the data, it is in memory")
    func memory() throws {
        prepare()
        ground.programs = [:]
        #expect(try run().data == .memory)
        #expect(ground.deeds.contains("mount /var/lib/keel tmpfs"))
        // The agent lets nobody take a node that may be somebody's already.
        #expect(ground.text("/var/lib/keel/in-memory", limit: 64) != nil)
        #expect(ground.hasSaid("keel-provision does not run"))
        #expect(ground.hasSaid("lost when the machine stops"))
    }

    @Test(
        "data that is somebody else's, or not there, is not mounted",
        arguments: ["foreign", "absent", "strange"]
    )
    func foreign(state: String) throws {
        prepare(#"{"data":"/dev/vda4","state":"\#(state)","sentence":"it is not ours"}"#)
        #expect(try run().data == .memory)
        #expect(!ground.deeds.contains("mount /var/lib/keel ext4"))
        #expect(ground.hasSaid("it is not ours"))
    }

    @Test("damaged data is mounted read-only, and what is written goes to memory")
    func readOnly() throws {
        prepare(#"{"data":"/dev/vda4","state":"readonly"}"#)
        #expect(try run().data == .readOnly)
        #expect(!ground.exists("/var/lib/keel/in-memory"))
        #expect(ground.deeds.contains("mount /var/lib/containerd tmpfs"))
        #expect(!ground.deeds.contains { $0.hasPrefix("folder /var/lib/keel/var") })
    }

    @Test("data that cannot be mounted at all is replaced by memory")
    func unmountable() throws {
        prepare()
        ground.refusals = ["mount /var/lib/keel ext4": .invalid]
        #expect(try run().data == .memory)
    }

    @Test("the machine's id stays what it was")
    func identity() throws {
        prepare()
        ground.set("/var/lib/keel/machine-id", String(repeating: "CD", count: 16) + "\n")
        _ = try run()
        #expect(ground.text("/run/keel/machine-id") == String(repeating: "cd", count: 16))
        #expect(ground.deeds("keep").isEmpty)
    }

    @Test("a file that is no id is left alone")
    func damagedIdentity() throws {
        prepare()
        ground.set("/var/lib/keel/machine-id", "rubbish")
        _ = try run()
        #expect(ground.text("/var/lib/keel/machine-id") == "rubbish")
        #expect(ground.text("/run/keel/machine-id")?.utf8.count == 32)
    }

    @Test("a clock that is behind begins at the newest time that is known")
    func clock() throws {
        prepare()
        ground.calendar = 1000
        _ = try run()
        #expect(ground.deeds("clock") == ["1795219200"])
        ground.set(ClockKeeper.file, "1795219999\n")
        ground.calendar = 1000
        _ = try run()
        #expect(ground.deeds("clock").last == "1795219999")
    }

    @Test("a clock that is ahead is left alone, and a kept time beyond reason passed over")
    func goodClock() throws {
        prepare()
        ground.set(ClockKeeper.file, "99999999999\n")
        ground.calendar = 1_800_000_000
        _ = try run()
        #expect(ground.deeds("clock").isEmpty)
    }

    @Test("the time is kept, and never an earlier one")
    func keepClock() {
        ground.calendar = 500
        ClockKeeper(on: ground).keep()
        #expect(ground.text(ClockKeeper.file) == "500")
        ground.calendar = 400
        ClockKeeper(on: ground).keep()
        #expect(ground.text(ClockKeeper.file) == "500")
    }

    @Test("only a trial makes a hang a reason to restart")
    func hangs() throws {
        prepare()
        _ = try run("trial3")
        #expect(ground.deeds("put").contains("/proc/sys/kernel/hung_task_panic=1"))
        // The kubelet starts with no other value.
        #expect(ground.deeds("put").contains("/proc/sys/kernel/panic=10"))
        let fresh = Stage2Tests()
        fresh.prepare()
        _ = try fresh.run("good")
        #expect(fresh.ground.deeds("put").contains("/proc/sys/kernel/hung_task_panic=0"))
    }

    @Test("a kernel that is locked down already is not asked again")
    func locked() throws {
        prepare()
        ground.set("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n")
        _ = try run()
        #expect(!ground.deeds("put").contains { $0.hasPrefix("/sys/kernel/security") })
    }

    @Test("what the firmware kept of a panic goes to the journal, and is removed")
    func panic() throws {
        prepare()
        ground.set("/sys/fs/pstore/dmesg-efi-1", "Panic#1\nlast words\n")
        _ = try run()
        #expect(journal.lines.contains("last words"))
        #expect(!ground.exists("/sys/fs/pstore/dmesg-efi-1"))
    }
}
