import InitLink
import Slots
import Syscalls

/// The second stage's way up, from the entered root to running services. Each step that fails is
/// said and passed over: an agent that can be reached is worth more than a step.
///
/// | step | what |
/// |--|--|
/// | 1 | mounts, modules of the root, settings of the kernel |
/// | 2 | the data partition |
/// | 3 | machine id, kept configuration, network |
/// | 4 | the clock |
/// | 5 | lockdown: from here on the kernel takes nothing unsigned |
struct Stage2 {
    /// What the life of the machine begins with.
    struct Ready {
        let handover: Handover
        let configuration: KeptConfiguration
        let network: Network
        let specs: [ServiceSpec]
        let data: DataPartition.State
    }

    private let ground: any Ground
    private let journal: any BootJournal
    private let timer: any Timer

    init(on ground: any Ground, journal: any BootJournal, timer: any Timer) {
        self.ground = ground
        self.journal = journal
        self.timer = timer
    }

    /// Goes up. `opening` opens a link for DHCP.
    func run(
        _ handover: Handover,
        opening: @escaping (String) throws(Errno) -> any PacketPort
    ) -> Ready {
        if !timer.arm(seconds: Stage1.watchdogSeconds) { ground.say("there is no watchdog") }
        openJournal(handover)
        // 1. The kernel's own.
        PseudoFiles.mountRest(on: ground)
        makeRunFolders()
        var modules = Modules(on: ground)
        for _ in 0..<8 where !modules.loadForDevices(.everything) { break }
        for name in ["ext4", "overlay"] { modules.load(name) }
        Settings.apply(on: ground)
        Settings.setTrial(handover.facts.isTrial, on: ground)
        readPanic()
        journal.reach(.mounts)
        // 2. What is kept.
        if !timer.arm(seconds: DataPartition.watchdogSeconds) { timer.feed() }
        let data = DataPartition(on: ground).mount(of: handover)
        if !timer.arm(seconds: Stage1.watchdogSeconds) { timer.feed() }
        openJournal(handover)
        journal.reach(.data)
        // 3. Who this is, and where.
        timer.feed()
        let machineID = MachineID.find(on: ground)
        let configuration = readConfiguration()
        let network = Network(on: ground, machineID: machineID, opening: opening)
        network.begin(configuration.network)
        journal.reach(.network)
        // 4. When it is.
        ClockKeeper(on: ground).begin()
        journal.reach(.clock)
        // 5. Close the door.
        Settings.lockDown(on: ground)
        return Ready(
            handover: handover,
            configuration: configuration,
            network: network,
            specs: ServiceFiles.read(on: ground),
            data: data
        )
    }

    /// The data partition may have been made a moment ago; a journal that is open stays so.
    private func openJournal(_ handover: Handover) {
        guard let disk = DiskSearch(ground: ground).disk(at: handover.disk),
            let entry = disk.table.entry(named: "KEELOS_DATA")
        else { return }
        journal.begin(on: disk.node, partition: entry.range, handover.facts)
        journal.name(version: handover.version, digest: handover.digest)
    }

    /// Makes the folders of the running system that programs expect.
    private func makeRunFolders() {
        for path in ["/run/keel", "/run/keel/time", "/run/lock"] {
            do throws(Errno) { try ground.makeFolder(path, permissions: 0o755) } catch {
                ground.say("\(path) is not there: \(error)")
            }
        }
    }

    private func readConfiguration() -> KeptConfiguration {
        guard let bytes = try? ground.read(KeptConfiguration.path, limit: 4 << 20) else {
            return KeptConfiguration()
        }
        guard let kept = KeptConfiguration(parsing: bytes) else {
            ground.say("the kept configuration makes no sense: the default holds")
            return KeptConfiguration()
        }
        return kept
    }

    /// What the kernel said when it panicked in the boot before, where the firmware kept it.
    private func readPanic() {
        let folder = "/sys/fs/pstore"
        for name in ground.list(folder).prefix(64) {
            if let text = ground.text("\(folder)/\(name)", limit: 256 << 10) {
                journal.notePanic(text.split(separator: "\n").map(String.init))
            }
            do { try ground.remove("\(folder)/\(name)") } catch {}
        }
    }
}
