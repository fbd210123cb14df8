import Synchronization
import Syscalls
import Testing

@testable import InitLink

@Suite("Log ring")
struct LogRingTests {
    private func line(_ number: Int, _ level: LogLevel = .info) -> LogLine {
        LogLine(time: Int64(number), level: level, "line \(number)")
    }

    private func ring(_ numbers: Range<Int>, lineLimit: Int = 100) -> LogRing {
        let ring = LogRing(lineLimit: lineLimit)
        for number in numbers { ring.append(line(number, number % 2 == 0 ? .info : .error)) }
        return ring
    }

    private func times(_ page: LogPage) -> [Int64] { page.lines.map(\.time) }

    @Test("an empty ring gives an empty page, whatever is asked")
    func empty() {
        for start in [LogQuery.Start.oldest, .newest(5), .place(0), .place(7)] {
            let page = LogRing().page(for: LogQuery(service: "a", start: start))
            #expect(page == LogPage())
        }
    }

    @Test("lines come oldest first, and a second page goes on where the first ended")
    func pages() {
        let ring = ring(0..<10)
        let query = LogQuery(service: "a", limit: 4)
        let first = ring.page(for: query)
        #expect(times(first) == [0, 1, 2, 3] && first.hasMore && first.next == 4)
        let second = ring.page(for: query.following(first))
        #expect(times(second) == [4, 5, 6, 7] && second.hasMore)
        let third = ring.page(for: query.following(second))
        #expect(times(third) == [8, 9] && !third.hasMore && third.next == 10)
        #expect(ring.page(for: query.following(third)) == LogPage(next: 10))
        ring.append(line(10))
        #expect(times(ring.page(for: query.following(third))) == [10])
    }

    @Test("a reader that was overtaken learns how many lines it missed, once")
    func dropped() {
        let ring = ring(0..<5, lineLimit: 5)
        let first = ring.page(for: LogQuery(service: "a", limit: 2))
        for number in 5..<10 { ring.append(line(number)) }
        let query = LogQuery(service: "a", limit: 2).following(first)
        let second = ring.page(for: query)
        #expect(second.dropped == 3 && times(second) == [5, 6])
        let third = ring.page(for: query.following(second))
        #expect(third.dropped == 0 && times(third) == [7, 8])
    }

    @Test("who begins at the oldest line missed nothing")
    func oldest() {
        let page = ring(0..<10, lineLimit: 3).page(for: LogQuery(service: "a"))
        #expect(times(page) == [7, 8, 9] && page.dropped == 0 && page.next == 10)
    }

    @Test("the newest lines are counted after the filters")
    func newest() {
        let ring = ring(0..<10)
        let query = LogQuery(service: "a", start: .newest(2), level: .error)
        #expect(times(ring.page(for: query)) == [7, 9])
        #expect(times(ring.page(for: LogQuery(service: "a", start: .newest(3)))) == [7, 8, 9])
        #expect(times(ring.page(for: LogQuery(service: "a", start: .newest(0)))) == [])
        #expect(ring.page(for: LogQuery(service: "a", start: .newest(0))).next == 10)
        #expect(ring.page(for: LogQuery(service: "a", start: .newest(.max))).lines.count == 10)
    }

    @Test("older and lesser lines are left out, and not counted as missed")
    func filters() {
        let ring = ring(0..<10)
        let page = ring.page(for: LogQuery(service: "a", since: 5, level: .warning))
        #expect(times(page) == [5, 7, 9] && page.dropped == 0)
        let none = ring.page(for: LogQuery(service: "a", start: .place(2), since: 100))
        #expect(none == LogPage(next: 10))
    }

    @Test("a place beyond the end is from another life: reading begins at the oldest line")
    func otherLife() {
        let page = ring(0..<3).page(for: LogQuery(service: "a", start: .place(50)))
        #expect(times(page) == [0, 1, 2] && page.dropped == 0 && page.next == 3)
    }

    @Test("a page holds no more bytes than fit a frame, however long the lines are")
    func bytes() throws {
        let ring = LogRing()
        for number in 0..<100 {
            let text = String(repeating: "x", count: 4096)
            ring.append(LogLine(time: Int64(number), level: .info, text))
        }
        let page = ring.page(for: LogQuery(service: "a"))
        #expect(page.hasMore && page.lines.count == 13)
        #expect(try Answer.logs(page).packed().count <= Frame.limit)
    }

    @Test("the ring keeps within its bytes and lines, whatever comes")
    func bounds() {
        let ring = LogRing(byteLimit: 10_000, lineLimit: 70)
        var random = Seeded(1)
        for number in 0..<5000 {
            let count =
                Int.random(in: 0...5000, using: &random) / Int.random(in: 1...50, using: &random)
            let text = [UInt8](repeating: 120, count: count)
            ring.append(LogLine(time: Int64(number), level: .info, text: text))
            #expect(ring.byteCount <= 10_000 && (1...70).contains(ring.count))
        }
        let page = ring.page(for: LogQuery(service: "a"))
        let newest = Int64(5000 - page.lines.count)..<5000
        #expect(times(page) == Array(newest))
    }

    @Test("a line that alone is larger than the ring counts as missed")
    func tooLarge() {
        let ring = LogRing(byteLimit: 100)
        ring.append(line(0))
        ring.append(LogLine(time: 1, level: .info, String(repeating: "x", count: 100)))
        #expect(ring.count == 0)
        #expect(ring.page(for: LogQuery(service: "a", start: .place(1))).dropped == 1)
        ring.append(line(2))
        let page = ring.page(for: LogQuery(service: "a", start: .place(0)))
        #expect(times(page) == [2] && page.dropped == 2 && page.next == 3)
    }

    @Test(
        "a reader that follows while others write gets each line once, or knows it missed it"
    )
    func concurrent() throws {
        let ring = LogRing(lineLimit: 50)
        let writer = try Thread("writer") { [self] in
            for number in 0..<20_000 { ring.append(line(number)) }
        }
        var query = LogQuery(service: "a", start: .place(0))
        var next: Int64 = 0
        while next < 20_000 {
            let page = ring.page(for: query)
            next += Int64(page.dropped)
            for line in page.lines {
                guard line.time == next else {
                    Issue.record("\(line.time) instead of \(next)")
                    break
                }
                next += 1
            }
            query = query.following(page)
        }
        writer.join()
        #expect(next == 20_000)
    }

    @Test("a long text is cut before the character that would be torn, and stays one line")
    func cut() {
        let euros = LogLine(time: 0, level: .info, String(repeating: "€", count: 2000))
        #expect(euros.text.count == 4095)
        #expect(String(validating: euros.text, as: UTF8.self)?.count == 1365)
        let exact = LogLine(time: 0, level: .info, String(repeating: "a", count: 4096))
        #expect(exact.text.count == 4096)
        let noText = LogLine(time: 0, level: .info, text: [UInt8](repeating: 0x80, count: 5000))
        #expect(noText.text.count == 4096)
        #expect(LogLine(time: 0, level: .info, "a\nb\r\nc").text == Array("a b  c".utf8))
    }
}
