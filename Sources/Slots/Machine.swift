/// Everything outside the engine, in one value.
public struct Machine {
    public let slots: PerSlot<any BlockDevice>
    public let bootLoader: any BootLoader
    public let boot: Boot
    public let policy: TrustPolicy
    public let hashing: any Hashing
    public let checker: any SignatureChecking
    public let clock: any TimeSource
    /// The node's account of the past; without one, nothing is remembered but the record.
    public let history: (any HistoryStore)?
    /// What to write beside each line of the history.
    public let moment: () -> Moment
    /// The contract of the loader on the disk, when it is known.
    public let loaderContract: Int?
    /// True when `moment().time` comes from a clock known to be right.
    public let isClockGood: Bool

    public init(
        slots: PerSlot<any BlockDevice>,
        bootLoader: any BootLoader,
        boot: Boot,
        policy: TrustPolicy,
        hashing: any Hashing,
        checker: any SignatureChecking,
        clock: any TimeSource,
        history: (any HistoryStore)?,
        moment: @escaping () -> Moment,
        loaderContract: Int?,
        isClockGood: Bool
    ) {
        self.slots = slots
        self.bootLoader = bootLoader
        self.boot = boot
        self.policy = policy
        self.hashing = hashing
        self.checker = checker
        self.clock = clock
        self.history = history
        self.moment = moment
        self.loaderContract = loaderContract
        self.isClockGood = isClockGood
    }

    func inspector(of slot: Slot) -> SlotInspector {
        SlotInspector(device: slots[slot], policy: policy, hashing: hashing, checker: checker)
    }
}
