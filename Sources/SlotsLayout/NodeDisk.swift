public import Slots
public import SlotsDisk
import Syscalls

/// A node's disk, opened and understood: table, boot record, slots. Lives on one thread.
public final class NodeDisk {
    /// What the disk does not say itself.
    public struct Means {
        /// Whose releases may boot.
        public var policy: TrustPolicy
        public var hashing: any Hashing
        public var checker: any SignatureChecking
        /// Where the history is kept; `nil` keeps none.
        public var history: (any HistoryStore)?
        /// What to write beside each line of the history.
        public var moment: () -> Moment
        /// True when `moment().time` comes from a clock known to be right.
        public var isClockGood = false

        public init(
            policy: TrustPolicy,
            hashing: any Hashing,
            checker: any SignatureChecking,
            history: (any HistoryStore)?,
            moment: @escaping () -> Moment
        ) {
            self.policy = policy
            self.hashing = hashing
            self.checker = checker
            self.history = history
            self.moment = moment
        }
    }

    public let disk: Disk
    public let layout: Layout
    public let machine: Machine
    public let loader: LoaderFiles

    /// Opens the disk at `path`; for writing it is locked until this goes, and its table must be
    /// whole. `boot` says how the machine booted, given where the slots are.
    ///
    /// `bytesPerSecond` bounds what is read and written, each device for itself.
    public init(
        opening path: String,
        for access: Disk.Access,
        _ means: Means,
        bytesPerSecond: Int? = nil,
        boot: (Layout) -> Boot
    ) throws(NodeDiskError) {
        let disk: Disk
        let layout: Layout
        do { disk = try Disk(opening: path, for: access) } catch { throw .disk(error) }
        do { layout = try Layout.find(on: disk, acceptingBackup: access == .reading) } catch {
            throw .layout(path, error)
        }
        let hashing = HashTeam(means.hashing)
        let clock = MonotonicClock()
        let boot = boot(layout)
        func device(
            _ partition: Partition,
            isReadOnly: Bool = false
        ) throws(NodeDiskError) -> PartitionDevice {
            let rate = bytesPerSecond.map { RateLimit(bytesPerSecond: $0, clock: clock) }
            do throws(DiskError) {
                return try disk.device(
                    partition.range,
                    hashing: hashing,
                    rate: rate,
                    isReadOnly: isReadOnly
                )
            } catch {
                throw .disk(error)
            }
        }
        // The slot that runs is in use, and nobody writes to it.
        func isRunning(_ slot: Slot) -> Bool {
            if case .running(slot, _) = boot { true } else { false }
        }
        let system = try device(layout.systemPartition)
        let slots = PerSlot<any BlockDevice>(
            a: try device(layout.slots.a, isReadOnly: isRunning(.a)),
            b: try device(layout.slots.b, isReadOnly: isRunning(.b))
        )
        let loader = LoaderFiles(on: system)
        self.disk = disk
        self.layout = layout
        self.loader = loader
        machine = Machine(
            slots: slots,
            bootLoader: RecordBootLoader(store: SystemPartition(on: system)),
            boot: boot,
            policy: means.policy,
            hashing: hashing,
            checker: means.checker,
            clock: clock,
            history: means.history,
            moment: means.moment,
            // A loader that cannot be read promises nothing; who replaces it hears why.
            loaderContract: try? loader.contract(),
            isClockGood: means.isClockGood
        )
    }

    /// The engine: opening it repairs what a power loss left behind.
    public func openEngine() throws(NodeDiskError) -> Engine {
        do { return try Engine(machine: machine) } catch { throw .update(error) }
    }

    /// The disk as it is now.
    public func node() throws(NodeDiskError) -> Node {
        do { return try machine.readNode() } catch { throw .update(error) }
    }
}
