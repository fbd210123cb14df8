public protocol Stage {}
/// Judged and planned. Nothing has been written.
public enum Verified: Stage {}
/// Whole in the slot, flushed, read back, and not allowed to boot.
public enum Written: Stage {}

/// One update, from judged release to armed boot record.
///
/// It cannot be copied, so no step can be taken twice or out of order. Dropping it at any point is
/// the abort: the record already forbids the slot, and what was written is found again next time.
/// Abort and power loss are the same path.
public struct Transaction<S: Stage>: ~Copyable {
    let seat: Seat
    public let target: Slot
    public let release: Release
    let options: UpgradeOptions
    let preparation: Preparation?

    init(
        seat: consuming Seat,
        target: Slot,
        release: Release,
        options: UpgradeOptions,
        preparation: Preparation?
    ) {
        self.seat = seat
        self.target = target
        self.release = release
        self.options = options
        self.preparation = preparation
    }
}

/// What `verify` found out and `write` needs.
struct Preparation {
    let node: Node
    let index: ChunkIndex
    let plan: FetchPlan
    /// The release lies whole in the target already: only the proof is left to do.
    let isInstalled: Bool
    /// What the source began to deliver; `nil` when the release is installed and nothing is needed.
    let delivery: Delivery?
}

/// The right to change the other slot. One exists at a time; dropping it gives it back.
struct Seat: ~Copyable {
    let engine: Engine

    init(on engine: Engine) {
        precondition(!engine.isSeatTaken, "two transactions on one engine")
        engine.isSeatTaken = true
        self.engine = engine
    }

    deinit { engine.isSeatTaken = false }
}

extension Transaction where S == Verified {
    /// Where the bytes will come from.
    public var plan: FetchPlan? { preparation.map(\.plan) }

    /// True when the target holds the release already and nothing will be written.
    public var isInstalled: Bool { preparation?.isInstalled ?? false }
}

extension Transaction where S == Written {
    /// Lets the firmware try the slot: the commit point of the update. Takes effect at the next
    /// boot. Durable when it returns.
    public consuming func activate() throws(UpdateError) {
        let engine = seat.engine
        engine.remember(.activate, release, in: target)
        let (slot, attempts) = (target, options.attempts)
        try engine.commit { (loader) throws(BootLoaderError) in
            try loader.arm(slot, attempts: attempts)
        }
    }
}
