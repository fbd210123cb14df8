/// How often, and after how long, a broken transfer is taken up again.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts made again since the last byte came. Zero: the first failure is final.
    public var limit: Int

    /// Before the first attempt made again; doubles with each one.
    public var firstDelay: Duration

    public var longestDelay: Duration

    /// The longest wait a server may ask for with `Retry-After`; more is cut to this.
    public var longestRetryAfter: Duration

    public init(
        limit: Int,
        firstDelay: Duration,
        longestDelay: Duration,
        longestRetryAfter: Duration
    ) {
        self.limit = limit
        self.firstDelay = firstDelay
        self.longestDelay = longestDelay
        self.longestRetryAfter = longestRetryAfter
    }

    /// Eight times, after 0.5 s...30 s, or up to 2 minutes when the server asks for it.
    public static var standard: Self {
        Self(
            limit: 8,
            firstDelay: .milliseconds(500),
            longestDelay: .seconds(30),
            longestRetryAfter: .seconds(120)
        )
    }

    /// The wait before attempt `retry` made again (1, 2, ...): half fixed, half by chance, so
    /// that nodes cut off together do not come back together.
    func delay(
        before retry: Int,
        serverAsked: Duration?,
        random: inout some RandomNumberGenerator
    ) -> Duration {
        if let serverAsked { return min(max(serverAsked, .zero), longestRetryAfter) }
        // Past 2^20 the longest delay has won long ago; the bound keeps the shift defined.
        let doubled = firstDelay * (1 << min(max(retry, 1) - 1, 20))
        let whole = min(doubled, longestDelay)
        return whole / 2 + (whole / 2) * Double.random(in: 0...1, using: &random)
    }
}
