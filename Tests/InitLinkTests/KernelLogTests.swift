import Syscalls
import Testing

@testable import InitLink

/// A kernel log made of memory.
private struct MemoryRecords: KernelRecords {
    var steps: ArraySlice<KernelStep>

    init(_ steps: [KernelStep]) { self.steps = steps[...] }

    mutating func next() throws(Errno) -> KernelStep { steps.popFirst() ?? .end }
}

@Suite("Kernel log")
struct KernelLogTests {
    private func record(_ text: String) -> KernelRecord? {
        KernelRecord(parsing: Array(text.utf8)[...])
    }

    private func page(_ steps: [KernelStep], _ query: LogQuery) throws -> LogPage {
        var records = MemoryRecords(steps)
        return try KernelLog.page(from: &records, epoch: 1_000_000_000, for: query)
    }

    private func step(_ sequence: Int, _ priority: Int = 6) -> KernelStep {
        .record(Array("\(priority),\(sequence),\(sequence)000000,-;record \(sequence)\n".utf8))
    }

    @Test("a record is taken apart as the kernel's documentation says")
    func parsing() throws {
        let found = try #require(record("30,339,5140900,c;NET: \\x0a;x,y\n SUBSYSTEM=acpi\n"))
        #expect(found.severity == 6 && found.sequence == 339)
        #expect(found.age == .microseconds(5_140_900))
        #expect(Array(found.text) == Array("NET: \\x0a;x,y".utf8))
        let line = found.line(epoch: 1_000_000_000)
        #expect(line.time == 6_140_900_000 && line.level == .info)
        let more = try #require(record("6,1,2,-,caller=T1;a"))
        #expect(Array(more.text) == Array("a".utf8))
    }

    @Test("severities are told as four levels")
    func levels() {
        let levels = (0...7).map { record("\($0),1,1,-;a")?.level }
        #expect(levels == [.error, .error, .error, .error, .warning, .info, .info, .debug])
    }

    @Test(
        "what is no record is none",
        arguments: [
            "", ";", "6,1;a", "6,1,1 -;a", "a,1,1,-;a", "6,,1,-;a", "-6,1,1,-;a",
            "6,99999999999999999999,1,-;a", "6,1,18446744073709551616,-;a",
            "6,1,9999999999999999999,-;a", "6,1,1,-",
        ]
    )
    func noRecord(text: String) {
        #expect(record(text) == nil)
    }

    @Test("a clock that ran longer than any kernel is no trap")
    func longClock() {
        let line = record("6,1,9223372036854775807,-;a")?.line(epoch: .max)
        #expect(line?.level == .info)
    }

    @Test("pages of the kernel's log go on by sequence number")
    func pages() throws {
        let steps = (5..<10).map { step($0) }
        let query = LogQuery(service: "kernel", limit: 3)
        let first = try page(steps, query)
        #expect(first.lines.map(\.time) == [6, 7, 8].map { $0 * 1_000_000_000 })
        #expect(first.next == 8 && first.hasMore && first.dropped == 0)
        let second = try page(steps, query.following(first))
        #expect(second.lines.count == 2 && second.next == 10 && !second.hasMore)
        #expect(try page(steps, query.following(second)) == LogPage(next: 10))
    }

    @Test("records that were overwritten are counted, before reading and during it")
    func dropped() throws {
        let query = LogQuery(service: "kernel", start: .place(2))
        let page = try page([step(5), .overwritten, step(9), step(10)], query)
        #expect(page.lines.count == 3 && page.dropped == 6 && page.next == 11)
    }

    @Test("only what matters enough is given")
    func level() throws {
        let steps = [step(1, 3), step(2, 6), step(3, 4)]
        let page = try page(steps, LogQuery(service: "kernel", start: .newest(1), level: .warning))
        #expect(page.lines.map(\.text) == [Array("record 3".utf8)])
    }

    @Test("bytes that are no record are passed over, and an endless log ends")
    func endless() throws {
        let page = try page([.record([1, 2, 3]), step(1)], LogQuery(service: "kernel"))
        #expect(page.lines.count == 1)
        struct Endless: KernelRecords {
            mutating func next() throws(Errno) -> KernelStep { .overwritten }
        }
        var records = Endless()
        let none = try KernelLog.page(
            from: &records,
            epoch: 0,
            for: LogQuery(service: "kernel")
        )
        #expect(none.lines.isEmpty)
    }

    @Test("what is written to the kernel's log is read from it, at its time and level")
    func device() throws {
        let mark = try RandomSource.bytes(8).map { String($0, radix: 16) }.joined()
        let before = WallTime.now.components.seconds
        let writer = try Descriptor(opening: "/dev/kmsg", for: .writing)
        try writer.writeNext(Array("<4>keel-test \(mark)\n".utf8).span)
        let host = PlainHost(log: LogRing(), started: 0, allowsReboot: false)
        let page = try host.logs(LogQuery(service: "kernel", start: .newest(100)))
        let line = try #require(page.lines.last { $0.text == Array("keel-test \(mark)".utf8) })
        #expect(line.level == .warning)
        #expect(abs(line.time / 1_000_000_000 - before) < 30)
        let rest = try host.logs(LogQuery(service: "kernel").following(page))
        #expect(rest.dropped == 0)
    }
}
