/// Which lines of which log are wanted.
public struct LogQuery: Sendable, Hashable {
    /// Where reading begins.
    public enum Start: Sendable, Hashable {
        /// At the oldest line there is.
        case oldest
        /// So that this many of the lines that fit the query are left, if there are as many.
        case newest(Int)
        /// At this place, which an earlier page named as its `next`.
        case place(UInt64)
    }

    /// The most lines a page has.
    public static let lineLimit = 1000

    /// `"kernel"`, or the name of a service.
    public var service: String
    public var start: Start
    /// Leave out what is older: nanoseconds since 1970.
    public var since: Int64
    /// Leave out what matters less; `nil`: nothing.
    public var level: LogLevel?
    /// Lines in the page, 1...`lineLimit`.
    public var limit: Int

    public init(
        service: String,
        start: Start = .oldest,
        since: Int64 = 0,
        level: LogLevel? = nil,
        limit: Int = LogQuery.lineLimit
    ) {
        self.service = service
        self.start = start
        self.since = since
        self.level = level
        self.limit = limit
    }

    /// The query for what comes after `page`.
    public func following(_ page: LogPage) -> LogQuery {
        var query = self
        query.start = .place(page.next)
        return query
    }

    func wants(_ line: LogLine) -> Bool {
        line.time >= since && level.map { line.level >= $0 } != false
    }
}

/// Some lines of a log, oldest first, and where the next ones begin.
public struct LogPage: Sendable, Hashable {
    /// The most bytes a page has: text, and `lineCost` for each line.
    public static let byteLimit = 56 * 1024
    /// What a line costs besides its text.
    public static let lineCost = 32

    public var lines: [LogLine]
    /// Where to go on: `.place(next)`.
    public var next: UInt64
    /// Lines after the query's place that were overwritten before anybody read them.
    public var dropped: UInt64
    /// Whether there is more at `next` now; otherwise ask again later.
    public var hasMore: Bool

    public init(
        lines: [LogLine] = [],
        next: UInt64 = 0,
        dropped: UInt64 = 0,
        hasMore: Bool = false
    ) {
        self.lines = lines
        self.next = next
        self.dropped = dropped
        self.hasMore = hasMore
    }

    static func cost(of line: LogLine) -> Int { line.text.count + lineCost }
}
