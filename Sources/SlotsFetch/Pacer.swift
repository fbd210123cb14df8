/// Keeps the worker from receiving faster than allowed, on average, in bursts of 50 ms at most.
///
/// libcurl's own limit (CURLOPT_MAX_RECV_SPEED_LARGE) lets a fast server send the first ten
/// megabytes unhindered. Used on the worker's thread alone.
final class Pacer {
    private static let burst = Duration.milliseconds(50)

    private let bytesPerSecond: Int
    /// When everything taken so far would have come at exactly the allowed rate.
    private var due: ContinuousClock.Instant?

    /// - Precondition: the rate is positive.
    init(bytesPerSecond: Int) {
        precondition(bytesPerSecond > 0, "some bytes come")
        self.bytesPerSecond = bytesPerSecond
    }

    /// Until when to take nothing; `nil` to go on.
    func pause(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard let due, due - now > Self.burst else { return nil }
        return due
    }

    func took(_ count: Int, at now: ContinuousClock.Instant) {
        let start = max(due ?? now, now)
        due = start + .seconds(1) * (Double(count) / Double(bytesPerSecond))
    }
}
