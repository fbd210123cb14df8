/// A line and its place in its log; places rise by one from line to line, unless lines were lost.
struct PlacedLine: Sendable, Hashable {
    var place: UInt64
    var line: LogLine
}

/// Chooses the lines of one page. Pure: the lines that are there are given, oldest first.
enum LogPaging {
    /// - Parameter end: the place that the next line will have.
    static func page(
        of lines: some BidirectionalCollection<PlacedLine>,
        end: UInt64,
        for query: LogQuery
    ) -> LogPage {
        let (begin, isExact) = start(of: lines, end: end, for: query)
        var page = LogPage(next: begin)
        var room = LogPage.byteLimit
        // Before a page that goes on from an earlier one, a gap is a loss.
        var expected = isExact ? begin : nil
        for item in lines where item.place >= begin {
            if let expected, item.place > expected { page.dropped += item.place - expected }
            expected = item.place + 1
            guard query.wants(item.line) else {
                page.next = item.place + 1
                continue
            }
            let cost = LogPage.cost(of: item.line)
            guard page.lines.count < query.limit, cost <= room else {
                page.next = item.place
                page.hasMore = true
                return page
            }
            room -= cost
            page.lines.append(item.line)
            page.next = item.place + 1
        }
        if let expected, end > expected { page.dropped += end - expected }
        page.next = max(page.next, end)
        return page
    }

    /// Where to begin, and whether the reader had already come as far as that.
    private static func start(
        of lines: some BidirectionalCollection<PlacedLine>,
        end: UInt64,
        for query: LogQuery
    ) -> (place: UInt64, isExact: Bool) {
        switch query.start {
        // A place beyond the end is from another life of this log: all of it is new.
        case .place(let place) where place <= end: return (place, true)
        case .place, .oldest: return (lines.first?.place ?? end, false)
        case .newest(let count):
            var left = count
            for item in lines.reversed() where query.wants(item.line) {
                if left == 0 { return (item.place + 1, false) }
                left -= 1
            }
            return (left == count ? end : lines.first?.place ?? end, false)
        }
    }
}
