import API
import Slots
import Testing

@testable import Agent

@Suite("What a node says of itself in its cluster")
struct NodeReportTests {
    @Test(
        "any text becomes the value of a label",
        arguments: [
            ("1.2.0", "1.2.0"), ("1.2.0-rc.1+build.7", "1.2.0-rc.1_build.7"), ("", ""),
            ("--1.2.0--", "1.2.0"), ("\u{E9}", ""), ("a\u{E9}b", "a__b"),
            (String(repeating: "a", count: 64), String(repeating: "a", count: 63)),
            (String(repeating: "a", count: 62) + "..b", String(repeating: "a", count: 62)),
        ]
    )
    func labels(text: String, expected: String) {
        #expect(NodeReport.label(text) == expected)
    }

    @Test("only what differs is written")
    func differences() throws {
        let test = try TestNode()
        let node = try Bench(test.place, writing: false).node()
        var operation = Keel_V1_Operation()
        operation.kind = .upgrade
        operation.version = "1.3.0"
        operation.state = .failed
        operation.ended = 1_800_000_000
        let report = NodeReport(node, operation: operation)
        #expect(report.labels["keelos.io/version"] == "1.0.0")
        #expect(
            report.annotations["keelos.io/last-operation"]
                == "upgrade to 1.3.0 failed at 2027-01-15T08:00:00Z"
        )
        #expect(report.differences(from: [:], [:]) == report)
        #expect(report.differences(from: report.labels, report.annotations) == nil)
        var labels = report.labels
        labels["keelos.io/version"] = "0.9.0"
        labels["shop"] = "12"
        var rest = try #require(report.differences(from: labels, report.annotations))
        #expect(rest.labels == ["keelos.io/version": "1.0.0"] && rest.annotations.isEmpty)
        rest = try #require(report.differences(from: report.labels, [:]))
        #expect(rest.labels.isEmpty && rest.annotations == report.annotations)
    }

    /// A line of the history at a second of the year 2027.
    private static func line(
        _ second: Int,
        _ event: HistoryEntry.Event,
        _ slot: Slot,
        _ version: String,
        _ reason: HistoryEntry.Reason? = nil
    ) -> HistoryEntry {
        HistoryEntry(
            moment: Moment(time: Timestamp(seconds: 1_800_000_000 + second), bootID: "boot"),
            event: event,
            slot: slot,
            digest: Digest(Array(repeating: UInt8(version.utf8.count), count: 32).span),
            version: version,
            reason: reason
        )
    }

    private static let past = [
        line(0, .install, .b, "1.1.0"), line(1, .activate, .b, "1.1.0"),
        line(2, .confirm, .b, "1.1.0"), line(3, .install, .a, "1.2.0"),
        line(4, .activate, .a, "1.2.0"), line(5, .fail, .a, "1.2.0", .unhealthy),
        line(6, .rollback, .a, "1.0.0", .operator), line(7, .confirm, .a, "1.0.0"),
        line(8, .fail, .b, "1.1.0", .operator),
    ]

    private func tidings(_ count: Int, told: Int?) -> NodeTidings {
        NodeTidings(
            Array(Self.past.prefix(count)),
            told: told.map { NodeTidings.mark(Self.past[$0]) },
            running: "1.1.0"
        ) { $0.version == "1.2.0" ? "kubelet: it does not start" : nil }
    }

    @Test("a history becomes events, each told once, also line by line")
    func events() {
        let all = tidings(9, told: 0).events
        #expect(
            all.map { "\($0.kind.rawValue) \($0.reason): \($0.message)" } == [
                "Normal Upgraded: Now runs release 1.1.0 in slot b: it is healthy and trusted.",
                "Warning RolledBack: Gave up release 1.2.0 in slot a (unhealthy): "
                    + "kubelet: it does not start; runs 1.1.0.",
                "Warning Quarantined: Release 1.2.0 in slot a is not tried again unasked "
                    + "(unhealthy).",
                "Normal RolledBack: Back on release 1.0.0 in slot a: it is healthy and trusted.",
                "Warning RolledBack: Gave up release 1.1.0 in slot b (operator); runs 1.1.0.",
            ]
        )
        #expect(all.first?.time == Timestamp(seconds: 1_800_000_002))
        var single: [NodeTidings.Event] = []
        for count in 1..<Self.past.count {
            single += tidings(count + 1, told: count - 1).events
        }
        #expect(single == all)
    }

    @Test("a node that never told anything has no past in this cluster")
    func past() {
        let first = tidings(9, told: nil)
        #expect(first.events.isEmpty && first.mark == NodeTidings.mark(Self.past[8]))
        #expect(tidings(9, told: 8).events.isEmpty)
        #expect(NodeTidings([], told: nil, running: "") { _ in nil }.mark == nil)
    }

    @Test("a mark that left the history means all of it, up to a limit")
    func lost() {
        let many = (0..<40).map { Self.line($0, .confirm, .a, "1.0.0") }
        let tidings = NodeTidings(many, told: "gone", running: "1.0.0") { _ in nil }
        #expect(tidings.events.count == NodeTidings.limit)
        #expect(tidings.events.last?.time == many.last?.moment.time)
    }
}
