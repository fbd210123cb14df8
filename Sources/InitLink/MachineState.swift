/// A slot's trial, as the first process keeps it.
public struct TrialState: Sendable, Hashable {
    /// Boots of this slot that are left when this one fails.
    public var attemptsLeft: UInt32
    /// Seconds until the trial must be confirmed, by a clock that nobody sets; 0 when it is over.
    public var secondsLeft: UInt32

    public init(attemptsLeft: UInt32, secondsLeft: UInt32) {
        self.attemptsLeft = attemptsLeft
        self.secondsLeft = secondsLeft
    }
}

/// The machine's clock.
public struct ClockState: Sendable, Hashable {
    /// Seconds since 1970.
    public var now: Int64
    /// Whether a time server vouches for it.
    public var isSynchronised: Bool

    public init(now: Int64, isSynchronised: Bool) {
        self.now = now
        self.isSynchronised = isSynchronised
    }
}
