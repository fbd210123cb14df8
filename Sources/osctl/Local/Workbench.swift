import Slots
import SlotsDisk
import SlotsLayout
import Syscalls
import Trust

/// A disk on the workbench, opened and understood: table, boot record, slots and trust.
final class Workbench {
    let disk: Disk
    let layout: Layout
    let policy: TrustPolicy
    let machine: Machine
    let loader: LoaderFiles
    /// The loader's contract, when its file can be read.
    let loaderContract: Int?
    private var engine: Engine?

    /// Opens the disk that `place` names; for writing it is locked until the workbench goes.
    init(
        _ place: Place,
        writing: Bool,
        bytesPerSecond: Int? = nil
    ) throws(CommandError) {
        policy = try Self.policy(place.trust)
        do {
            disk = try Disk(
                opening: place.disk,
                for: writing ? .writing(wait: .zero) : .reading
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
        func device(_ partition: Partition) throws(CommandError) -> PartitionDevice {
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
        loaderContract = (try? loader.current()).flatMap(LoaderImage.contract(of:))
        machine = Machine(
            slots: slots,
            bootLoader: RecordBootLoader(store: SystemPartition(on: system)),
            boot: .offline,
            policy: policy,
            hashing: hashing,
            checker: Ed25519Checker(),
            clock: clock,
            history: place.state.map { HistoryFile(inFolder: $0) },
            moment: {
                Moment(time: Timestamp(seconds: Int(WallTime.now.components.seconds)))
            },
            loaderContract: loaderContract,
            isClockGood: false
        )
    }

    /// The engine: opening it repairs what a power loss left behind.
    func openEngine() throws(CommandError) -> Engine {
        do throws(UpdateError) {
            let engine = try Engine(machine: machine)
            self.engine = engine
            return engine
        } catch {
            throw .update(error)
        }
    }

    /// The update goes on without a history, but not in silence: what failed is remembered there.
    func warnOfHistory() {
        guard let error = engine?.historyError else { return }
        StandardError.write(
            "osctl: warning: the history could not be kept: \(Errno(error.code)).\n"
        )
    }

    /// The disk as it is now.
    func node() throws(CommandError) -> Node {
        do { return try machine.readNode() } catch { throw .update(error) }
    }

    /// Bytes from the start of the disk to the start of `slot`.
    func offset(of slot: Slot) -> Int { layout.slots[slot].range.lowerBound }

    private static func policy(_ path: String) throws(CommandError) -> TrustPolicy {
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
