import API
import Slots
import Testing

@testable import osctl

@Suite("What is printed")
struct PrinterTests {
    static func status() -> Keel_V1_GetStatusResponse {
        var status = Keel_V1_GetStatusResponse()
        status.version = "1.2.0"
        status.digest = String(repeating: "ab", count: 32)
        status.running = "a"
        status.next = "b"
        status.why = .preferred
        status.standing = .trusted
        status.bootID = "b007"
        status.machineID = "m1"
        status.hostname = "keel-m1"
        status.uptime = 93_784
        status.kernel = "6.12"
        status.machineArchitecture = "x86_64"
        status.agentVersion = "0.1.0"
        status.clock.now = 1_795_219_200
        status.record.source = "env1"
        status.record.sequence = 7
        status.record.copies = ["whole", "whole", "worn"]
        status.audit.count = 12
        status.audit.hash = String(repeating: "cd", count: 32)
        status.warnings = ["copy env2 is worn."]
        var slot = Keel_V1_SlotStatus()
        slot.slot = "a"
        slot.content = "whole"
        slot.version = "1.2.0"
        slot.digest = status.digest
        slot.grant = "trusted"
        slot.state = "good"
        status.slots = [slot]
        slot.slot = "b"
        slot.version = "1.3.0"
        slot.grant = "trial"
        slot.attempts = 3
        slot.state = "3"
        status.slots.append(slot)
        return status
    }

    @Test("the slots of a node have the same JSON as those of a disk")
    func slotsJSON() {
        let digest = String(repeating: "ab", count: 32)
        let first =
            #"{"slot":"a","content":"whole","version":"1.2.0","digest":"\#(digest)","#
            + #""grant":"trusted","attempts":null}"#
        let second =
            #"{"slot":"b","content":"whole","version":"1.3.0","digest":"\#(digest)","#
            + #""grant":"trial","attempts":3}"#
        #expect(
            SlotsReport(Self.status()).json
                == #"{"running":"a","next":"b","slots":[\#(first),\#(second)]}"#
        )
    }

    @Test("the slots of a node are a table")
    func slotsTable() {
        #expect(
            SlotsReport(Self.status()).table == """
                SLOT  CONTENT  VERSION  DIGEST        GRANT          STATE
                a     whole    1.2.0    abababababab  trusted        good
                b     whole    1.3.0    abababababab  trial, 3 left  3      boots next
                """
        )
    }

    @Test("the status of one node is a page")
    func page() {
        guard case .text(let page) = NodeStatus(Self.status()).shown(isAlone: true) else {
            Issue.record("no page")
            return
        }
        #expect(
            page.hasPrefix(
                """
                host          keel-m1
                machine       m1
                release       1.2.0
                digest        \(String(repeating: "ab", count: 32))
                runs          slot a, preferred
                next          slot b
                standing      trusted
                record        env1, sequence 7: env0 whole, env1 whole, env2 worn
                kernel        6.12 x86_64
                boot          b007, up 1d 2h
                clock         2026-11-21T00:00:00Z, no time server vouches for it
                agent         0.1.0
                bootstrapped  no
                audit         12 lines cdcdcdcdcdcd
                operation     -

                SLOT
                """
            )
        )
        #expect(page.hasSuffix("\nlook at: copy env2 is worn."))
    }

    @Test("several nodes stand in one table, in the order given, and failures beside it")
    func table() throws {
        let refused = CommandError.call(CallFailure(.denied, "no"))
        let answers = Answers([
            Asked(endpoint: try Endpoint("b"), result: .success(Self.status())),
            Asked(endpoint: try Endpoint("a"), result: .failure(refused)),
            Asked(endpoint: try Endpoint("c"), result: .success(Self.status())),
        ])
        let text = answers.table { NodeStatus($0).shown(isAlone: false) }
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("NODE     VERSION  RUNNING  WHY        STANDING  NEXT  UPTIME"))
        #expect(lines[1].hasPrefix("b:50051  1.2.0    a        preferred  trusted   b     1d 2h"))
        #expect(lines[2].hasPrefix("c:50051"))
    }

    @Test("programs get the answer of one node alone, and an object a line for each of several")
    func json() throws {
        var version = Keel_V1_RebootResponse()
        version.bootID = "b1"
        let one = Asked(
            endpoint: try Endpoint("a"),
            result: Result<_, CommandError>.success(version)
        )
        #expect(Answers([one]).json(\.json) == #"{"bootId":"b1"}"#)
        let busy = CommandError.call(CallFailure(.busy, "it is busy"))
        let two = Asked<Keel_V1_RebootResponse>(
            endpoint: try Endpoint("b"),
            result: .failure(busy)
        )
        #expect(
            Answers([one, two]).json(\.json) == """
                {"node":"a:50051","answer":{"bootId":"b1"}}
                {"node":"b:50051","error":\(quoted(busy.sentence)),"code":3}
                """
        )
    }

    @Test("progress is a line with rate, time left and what was reused, from a node as from a disk")
    func progress() {
        var operation = Keel_V1_Operation()
        operation.phase = .writing
        operation.progress.bytes = 25_000_000
        operation.progress.total = 100_000_000
        operation.progress.rate = 5_000_000
        operation.progress.eta = 15.2
        operation.progress.reused = 10_000_000
        #expect(
            Meter(operation).line
                == "writing 25 %  25.0 of 100.0 MB  5.0 MB/s  15 s left  10.0 MB reused"
        )
        #expect(Meter(operation).liveLine.hasPrefix("[#####...............] writing 25 %"))
        operation.progress.bytes = .max
        operation.progress.rate = .infinity
        operation.progress.eta = .nan
        #expect(Meter(operation).line == "writing 100 %  100.0 of 100.0 MB  10.0 MB reused")
    }

    @Test("a line of a log cannot steer the terminal")
    func logs() {
        var line = Keel_V1_LogLine()
        line.time = 1_795_219_200_123_000_000
        line.level = .warning
        line.text = .init(Array("a\u{1b}[2Jb\tc\n".utf8))
        #expect(
            LogText.text(line) == "2026-11-21T00:00:00.123Z warning a\u{fffd}[2Jb\tc\u{fffd}"
        )
        #expect(
            LogText.json(line, node: "a:1")
                == #"{"node":"a:1","time":"2026-11-21T00:00:00.123Z","level":"warning","#
                + #""text":"a\u001b[2Jb\tc\n"}"#
        )
    }

    @Test("the history of a node has the same JSON as that of a disk")
    func history() {
        var entry = Keel_V1_HistoryEntry()
        entry.time = 1_795_219_200
        entry.bootID = "b1"
        entry.event = "fail"
        entry.slot = "b"
        entry.digest = String(repeating: "ab", count: 32)
        entry.version = "1.0.0"
        entry.reason = "unhealthy"
        let json = HistoryReport.json([entry])
        let line = HistoryEntry(parsing: Array(json.dropFirst().dropLast().utf8))
        #expect(line?.event == .fail)
        #expect(line.map { "[" + String(decoding: $0.encoded(), as: UTF8.self) + "]" } == json)
        #expect(HistoryReport.row(entry)[0] == "2026-11-21T00:00:00Z")
    }
}
