import Synchronization

/// The newest lines of one log, in memory: bounded in lines and bytes, the oldest go first.
///
/// May be used from any thread; a reader holds up a writer for the time of one page.
public final class LogRing: Sendable {
    private let state: Mutex<Lines>

    /// - Parameters:
    ///   - byteLimit: of all lines, `LogPage.lineCost` counted in for each.
    /// - Precondition: both are positive.
    public init(byteLimit: Int = 1 << 20, lineLimit: Int = 10_000) {
        precondition(byteLimit > 0 && lineLimit > 0, "a ring holds something")
        state = Mutex(Lines(byteLimit: byteLimit, lineLimit: lineLimit))
    }

    /// Puts `line` at the end. A line that alone is larger than the ring is counted as dropped.
    public func append(_ line: LogLine) {
        state.withLock { $0.append(line) }
    }

    /// The next lines; `query.service` is not looked at.
    public func page(for query: LogQuery) -> LogPage {
        state.withLock { lines in
            LogPaging.page(of: lines, end: lines.end, for: query)
        }
    }

    /// Lines that are in the ring now.
    public var count: Int { state.withLock { $0.count } }

    /// What they cost together.
    public var byteCount: Int { state.withLock { $0.byteCount } }
}

/// The lines of a ring, oldest first.
private struct Lines: RandomAccessCollection {
    private let byteLimit: Int
    private let lineLimit: Int
    /// At first grows, then is a circle that begins at `oldest`.
    private var circle: [LogLine?] = []
    private var oldest = 0
    private var used = 0
    private(set) var byteCount = 0
    /// The place that the next line gets.
    private(set) var end: UInt64 = 0

    init(byteLimit: Int, lineLimit: Int) {
        self.byteLimit = byteLimit
        self.lineLimit = lineLimit
    }

    var startIndex: Int { 0 }
    var endIndex: Int { used }

    subscript(index: Int) -> PlacedLine {
        guard let line = circle[slot(index)] else { preconditionFailure("a line is in the ring") }
        return PlacedLine(place: end - UInt64(used - index), line: line)
    }

    mutating func append(_ line: LogLine) {
        let cost = LogPage.cost(of: line)
        while used > 0, used == lineLimit || byteCount + cost > byteLimit { removeOldest() }
        end += 1
        guard cost <= byteLimit else { return }
        if used == circle.count { grow() }
        circle[slot(used)] = line
        used += 1
        byteCount += cost
    }

    private func slot(_ index: Int) -> Int { (oldest + index) % circle.count }

    private mutating func removeOldest() {
        if let line = circle[oldest] { byteCount -= LogPage.cost(of: line) }
        circle[oldest] = nil
        oldest = (oldest + 1) % circle.count
        used -= 1
    }

    /// Twice as many places, up to the limit, with the lines from the first one on.
    private mutating func grow() {
        let size = Swift.min(lineLimit, Swift.max(16, circle.count * 2))
        var larger: [LogLine?] = []
        larger.reserveCapacity(size)
        for index in 0..<used { larger.append(circle[slot(index)]) }
        larger += Array(repeating: nil, count: size - used)
        circle = larger
        oldest = 0
    }
}
