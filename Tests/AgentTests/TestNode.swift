import API
import InitLink
import Logging
import Slots
import SlotsDisk
import SlotsLayout
import Synchronization
import Syscalls
import Testing
import Trust

@testable import Agent

/// A folder of the test's own, gone with everything in it when the test ends.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/keel-agent-test-" + (try RandomSource.bytes(8)).hex
        try Directory.create(path)
    }

    deinit {
        _ = try? Spawn.run(
            "/usr/bin/rm",
            ["-r", "-f", path],
            outputLimit: 0,
            timeout: .seconds(60)
        )
    }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    var state: StateFolder { StateFolder(path: path + "/state") }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try File.writeAtomically(bytes.span, to: path + "/" + name, permissions: 0o644)
        return path + "/" + name
    }
}

/// A disk image that runs 1.0.0 in slot a, trusted, with the keys that it believes.
struct TestNode {
    static let slotSize = 4 << 20
    /// A program for the firmware, as far as anybody looks at it.
    static func loader(_ build: UInt8 = 0) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1024)
        bytes.replaceSubrange(0..<2, with: Array("MZ".utf8))
        bytes[60] = 64
        bytes.replaceSubrange(64..<68, with: Array("PE".utf8) + [0, 0])
        bytes.replaceSubrange(68..<70, with: [0x64, 0x86])
        bytes.replaceSubrange(88..<90, with: [0x0B, 0x02])
        return bytes + Array("\n# KEELOS LOADER CONTRACT 1 END\n".utf8) + [build]
    }

    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    let folder: TemporaryFolder
    let place: Place
    let state: StateFolder
    let running: TestRelease

    init(amend: (inout Manifest) -> Void = { _ in }) throws {
        folder = try TemporaryFolder()
        state = folder.state
        running = try TestRelease("1.0.0", amend: amend)
        try Directory.create(folder("trust"))
        let key = try TestRelease.key.get()
        _ = try folder.write(try key.publicKey.pem(), to: "trust/release.pub")
        let policy = "{\"threshold\": 1, \"epoch\": 1, \"board\": \"x86_64-uefi\"}\n"
        _ = try folder.write(Array(policy.utf8), to: "trust/policy.json")
        place = Place(
            disk: folder("disk.img"),
            trust: folder("trust"),
            history: folder("state") + "/slots",
            commandLine: CommandLine(""),
            bootID: "boot-1"
        )
        try Directory.create(folder("state"))
        try makeDisk()
    }

    private func makeDisk() throws {
        let disk = try Disk(
            creatingImage: place.disk,
            size: Layout.diskSize(forSlots: Self.slotSize),
            sectorSize: 512,
            permissions: 0o600
        )
        func id() throws -> GUID { GUID(random: try RandomSource.bytes(16)) }
        let layout = try Layout.create(
            on: disk,
            slotSize: Self.slotSize,
            identities: .init(
                disk: try id(),
                systemPartition: try id(),
                slots: PerSlot(a: try id(), b: try id())
            )
        )
        let hashing = HashTeam(OpenSSLHashing())
        let system = try disk.device(layout.systemPartition.range, hashing: hashing, rate: nil)
        let record = BootRecord(preferred: .a, a: .good, b: .none, sequence: 1)
        let formatter = try SystemPartitionFormatter(
            volumeID: 1,
            loader: Self.loader(),
            record: record.encoded()
        )
        try formatter.format(system)
        let slot = try disk.device(layout.slots.a.range, hashing: hashing, rate: nil)
        try slot.write(running.slotBytes.span, at: 0)
        try slot.flush()
    }

    /// A bundle in a file; its path.
    func bundle(_ release: TestRelease, name: String = "new.keel") throws -> String {
        try folder.write(try release.bundle(), to: name)
    }

    func node() throws -> Node { try Bench(place, writing: false).node() }

    func operations(_ work: any Work, bootID: String = "boot-1") -> Operations {
        Operations(
            store: OperationStore(state: state),
            work: work,
            bootID: bootID,
            logger: Self.quiet
        )
    }

    func engine(_ link: any Init = FakeInit()) -> EngineWork {
        let credentials = CredentialsReader(state: state, home: folder("kubelet")) { "node" }
        let cluster = ClusterClient(credentials: credentials, patience: .seconds(1))
        return EngineWork(place: place, initLink: link, cluster: cluster) { 3 }
    }

    /// In a cluster made of memory.
    func engine(_ link: any Init, in cluster: ModelCluster) -> EngineWork {
        EngineWork(place: place, initLink: link, cluster: cluster, time: cluster) { 3 }
    }
}

/// A first process made of memory.
final class FakeInit: Init {
    struct State {
        var applied: [NetworkSettings] = []
        var reboots: [String] = []
        var restarted: [String] = []
        var refusesReboot = false
        var refusesSettings = false
        var services = [
            ServiceState(name: "agent", condition: .running, pid: 7, since: 100),
            ServiceState(name: "kubelet", condition: .waiting),
        ]
    }

    let state = Mutex(State())
    let ring = LogRing()

    func services() throws(InitFailure) -> [ServiceState] { state.withLock { $0.services } }

    func restart(_ name: String) throws(InitFailure) -> ServiceState {
        guard ["agent", "kubelet"].contains(name) else { throw .notFound(service: name) }
        state.withLock { $0.restarted.append(name) }
        return ServiceState(name: name, condition: .starting, restarts: 1, lastExit: "signal 15")
    }

    func logs(_ query: LogQuery) throws(InitFailure) -> LogPage {
        guard ["agent", "kernel", "kubelet"].contains(query.service) else {
            throw .notFound(service: query.service)
        }
        return ring.page(for: query)
    }

    func reboot(reason: String) throws(InitFailure) {
        guard !state.withLock({ $0.refusesReboot }) else { throw .unsupported(.reboot) }
        state.withLock { $0.reboots.append(reason) }
    }

    func powerOff(reason: String) throws(InitFailure) { throw .unsupported(.powerOff) }

    func apply(_ settings: NetworkSettings) throws(InitFailure) {
        guard !state.withLock({ $0.refusesSettings }) else { throw .unsupported(.apply) }
        state.withLock { $0.applied.append(settings) }
    }

    func trial() throws(InitFailure) -> TrialState? { nil }

    func clock() throws(InitFailure) -> ClockState {
        ClockState(now: WallTime.now.components.seconds, isSynchronised: true)
    }

    var applied: [NetworkSettings] { state.withLock { $0.applied } }
    var reboots: [String] { state.withLock { $0.reboots } }
}

/// Waits for what another thread brings about, but not for ever.
func until(_ what: String, within: Duration = .seconds(20), _ body: () -> Bool) async throws {
    let end = ContinuousClock.now + within
    while !body() {
        try #require(ContinuousClock.now < end, "\(what): not in time")
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// What a test did not expect.
struct Unexpected: Error {
    let what: String
}
