import Slots
import SlotsDisk
import SlotsLayout
import Syscalls
import Trust

/// Where everything is that the engine needs. A value, so that any thread can open a `Bench`.
struct Place: Sendable {
    /// Whole-disk node or image file.
    let disk: String
    /// Folder with `*.pub` and `policy.json`.
    let trust: String
    /// Folder of the history.
    let history: String
    /// What the kernel's command line says about the boot.
    let commandLine: CommandLine
    /// Of this boot; written beside each line of the history.
    let bootID: String
    /// How long to wait for another writer of the disk.
    var lockWait: Duration = .seconds(2)
}

/// The disk opened and understood: table, boot record, slots and trust. Lives on one thread.
final class Bench {
    let disk: Disk
    let layout: Layout
    let machine: Machine
    let loader: LoaderFiles
    /// Why the running slot runs.
    let why: BootReason

    /// Opens the disk; for writing it is locked until the bench goes.
    init(
        _ place: Place,
        writing: Bool,
        isClockGood: Bool = false,
        bytesPerSecond: Int? = nil
    ) throws(AgentError) {
        let policy = try Self.policy(place.trust)
        do {
            disk = try Disk(
                opening: place.disk,
                for: writing ? .writing(wait: place.lockWait) : .reading
            )
        } catch {
            throw .disk(error)
        }
        do { layout = try Layout.find(on: disk, acceptingBackup: !writing) } catch {
            throw .layout(place.disk, error)
        }
        let hashing = HashTeam(OpenSSLHashing())
        let clock = MonotonicClock()
        let disk = disk
        func device(_ partition: Partition) throws(AgentError) -> PartitionDevice {
            let rate = bytesPerSecond.map { RateLimit(bytesPerSecond: $0, clock: clock) }
            do { return try disk.device(partition.range, hashing: hashing, rate: rate) } catch {
                throw .disk(error)
            }
        }
        let system = try device(layout.systemPartition)
        let slots = PerSlot<any BlockDevice>(
            a: try device(layout.slots.a),
            b: try device(layout.slots.b)
        )
        loader = LoaderFiles(on: system)
        why = place.commandLine.reason(on: layout)
        let bootID = place.bootID
        machine = Machine(
            slots: slots,
            bootLoader: RecordBootLoader(store: SystemPartition(on: system)),
            boot: why.boot,
            policy: policy,
            hashing: hashing,
            checker: Ed25519Checker(),
            clock: clock,
            history: HistoryFile(inFolder: place.history),
            moment: { Moment(time: .now, bootID: bootID) },
            loaderContract: (try? loader.current()).flatMap(LoaderImage.contract(of:)),
            isClockGood: isClockGood
        )
    }

    /// The engine: opening it repairs what a power loss left behind.
    func openEngine() throws(AgentError) -> Engine {
        do { return try Engine(machine: machine) } catch { throw .update(error) }
    }

    /// The disk as it is now.
    func node() throws(AgentError) -> Node {
        do { return try machine.readNode() } catch { throw .update(error) }
    }

    /// Bytes from the start of the disk to the start of `slot`.
    func offset(of slot: Slot) -> Int { layout.slots[slot].range.lowerBound }

    private static func policy(_ path: String) throws(AgentError) -> TrustPolicy {
        let files: [Directory.File]
        do { files = try Directory.files(at: path, suffix: "", limit: 1 << 20) } catch {
            throw .file("read", path, error)
        }
        do {
            return try TrustDirectory.policy(files: files.map { ($0.name, $0.bytes) })
        } catch {
            throw .trust(path, error)
        }
    }
}

extension Timestamp {
    /// The machine's wall clock.
    static var now: Timestamp { Timestamp(seconds: Int(WallTime.now.components.seconds)) }
}
