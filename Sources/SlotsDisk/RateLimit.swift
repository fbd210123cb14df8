public import Slots
public import Syscalls

/// Caps how many bytes go to a disk in a second, so that pods get their share.
///
/// A token bucket: after a pause up to 4 MiB go at once. The caller of `write` is who waits.
public final class RateLimit {
    private static let burst = 4 << 20

    private let bytesPerSecond: Int
    private let clock: any TimeSource
    private let sleep: (Duration) -> Void
    /// When everything let through so far will have gone at the capped rate.
    private var paidUntil: Duration

    /// - Precondition: `bytesPerSecond` is positive.
    public init(
        bytesPerSecond: Int,
        clock: any TimeSource,
        sleep: @escaping (Duration) -> Void = MonotonicTime.sleep
    ) {
        precondition(bytesPerSecond > 0, "a rate lets something through")
        self.bytesPerSecond = bytesPerSecond
        self.clock = clock
        self.sleep = sleep
        paidUntil = clock.now - Self.cost(of: Self.burst, at: bytesPerSecond)
    }

    /// Waits until `count` more bytes may go.
    func take(_ count: Int) {
        let now = clock.now
        let earliest = now - Self.cost(of: Self.burst, at: bytesPerSecond)
        paidUntil = max(paidUntil, earliest) + Self.cost(of: count, at: bytesPerSecond)
        if paidUntil > now { sleep(paidUntil - now) }
    }

    private static func cost(of count: Int, at rate: Int) -> Duration {
        .seconds(Double(count) / Double(rate))
    }
}
