import API
import Slots
import SlotsLayout

/// The two slots, for people and for programs: of a disk here, or of a node.
struct SlotsReport {
    /// What is said of one slot.
    private struct Row {
        let slot: String
        let content: String
        let version: String?
        let digest: String?
        let grant: String
        let attempts: Int?
        let state: String
    }

    private let running: String?
    private let next: String?
    private let rows: [Row]

    init(_ node: Node) {
        running = node.running?.description
        next = node.next?.description
        rows = Slot.allCases.map { slot in
            let release = node.contents[slot].release
            let state = node.record?[slot]
            let grant = state?.grant ?? .forbidden
            return Row(
                slot: slot.description,
                content: node.contents[slot].word,
                version: release?.version.description,
                digest: release?.digest.hex,
                grant: grant.word,
                attempts: grant.attempts,
                state: state?.recordText ?? "lost"
            )
        }
    }

    init(_ status: Keel_V1_GetStatusResponse) {
        running = status.running.isEmpty ? nil : status.running
        next = status.next.isEmpty ? nil : status.next
        rows = status.slots.map { slot in
            Row(
                slot: slot.slot,
                content: slot.content,
                version: slot.version.isEmpty ? nil : slot.version,
                digest: slot.digest.isEmpty ? nil : slot.digest,
                grant: slot.grant,
                attempts: slot.grant == "trial" ? Int(slot.attempts) : nil,
                state: slot.state.isEmpty ? "lost" : slot.state
            )
        }
    }

    var json: String {
        let slots = rows.map { row -> String in
            let fields = [
                "\"slot\":\(quoted(row.slot))",
                "\"content\":\(quoted(row.content))",
                "\"version\":\(quoted(row.version))",
                "\"digest\":\(quoted(row.digest))",
                "\"grant\":\(quoted(row.grant))",
                "\"attempts\":\(row.attempts.map(String.init) ?? "null")",
            ]
            return "{" + fields.joined(separator: ",") + "}"
        }
        return "{\"running\":\(quoted(running)),\"next\":\(quoted(next)),"
            + "\"slots\":[\(slots.joined(separator: ","))]}"
    }

    var shown: Shown {
        .rows(
            head: ["SLOT", "CONTENT", "VERSION", "DIGEST", "GRANT", "STATE", ""],
            rows.map { row in
                [
                    row.slot, row.content, row.version ?? "-",
                    row.digest.map { String($0.prefix(12)) } ?? "-",
                    row.attempts.map { "trial, \($0) left" } ?? row.grant, row.state,
                    row.slot == next ? "boots next" : "",
                ]
            }
        )
    }

    var table: String {
        guard case .rows(let head, let rows) = shown else { return "" }
        return Table.text([head] + rows)
    }
}

/// The disk and what the firmware will make of it.
struct StatusReport {
    private let facts: [(name: String, value: String)]
    private let slots: SlotsReport

    init(_ bench: Workbench, _ node: Node) {
        slots = SlotsReport(node)
        let copies = node.copies.copies.enumerated().map { "env\($0) \($1.word)" }
        let record = node.copies.inForce
        let policy = bench.machine.policy
        facts = [
            ("disk", bench.disk.disk.path),
            ("id", bench.disk.layout.diskID.description),
            ("sector", "\(bench.disk.disk.sectorSize)"),
            ("table", "\(bench.disk.layout.table)"),
            ("record", copies.joined(separator: ", ")),
            (
                "in force",
                record.map {
                    "\($1): ORDER=\($0.order) A=\($0[.a].recordText) B=\($0[.b].recordText)"
                        + " SEQ=\($0.sequence)"
                } ?? "none: every copy is lost"
            ),
            ("loader", bench.machine.loaderContract.map { "contract \($0)" } ?? "unknown"),
            ("standing", node.standing.word),
            (
                "trust",
                "\(policy.threshold) of \(policy.keys.count) keys, "
                    + "epoch \(policy.epoch) or later, board \(policy.board)"
            ),
        ]
    }

    var table: String {
        Table.text(facts.map { [$0.name, $0.value] }) + "\n\n" + slots.table
    }

    var json: String {
        let members = facts.map { "\(quoted($0.name)):\(quoted($0.value))" }
        return "{" + members.joined(separator: ",") + ",\"state\":\(slots.json)}"
    }
}

/// The past, a line for each event.
struct HistoryReport {
    let entries: [HistoryEntry]

    init(_ entries: [HistoryEntry]) { self.entries = entries }

    var json: String {
        "[" + entries.map { String(decoding: $0.encoded(), as: UTF8.self) }.joined(separator: ",")
            + "]"
    }

    static let head = ["TIME", "EVENT", "SLOT", "VERSION", "DIGEST", "REASON"]

    /// The same JSON for what a node says happened.
    static func json(_ entries: [Keel_V1_HistoryEntry]) -> String {
        let lines = entries.map { entry -> String in
            var line = FlatJSONWriter()
            line.add("time", entry.time > 0 ? Timestamp.text(entry.time) : nil)
            line.add("boot", entry.bootID.isEmpty ? nil : entry.bootID)
            line.add("event", entry.event)
            line.add("slot", entry.slot)
            line.add("digest", entry.digest)
            line.add("version", entry.version)
            line.add("reason", entry.reason.isEmpty ? nil : entry.reason)
            let bytes = line.lines(separator: ", ", open: "{", close: "}")
            return String(decoding: bytes, as: UTF8.self)
        }
        return "[" + lines.joined(separator: ",") + "]"
    }

    static func row(_ entry: Keel_V1_HistoryEntry) -> [String] {
        [
            Timestamp.text(entry.time), entry.event, entry.slot, entry.version,
            String(entry.digest.prefix(12)), orDash(entry.reason),
        ]
    }

    var table: String {
        var rows = [Self.head]
        for entry in entries {
            rows.append([
                entry.moment.time?.description ?? "-", entry.event.rawValue,
                entry.slot.description, entry.version, entry.digest.short,
                entry.reason?.rawValue ?? "-",
            ])
        }
        return Table.text(rows)
    }
}

func quoted(_ text: String?) -> String { text.map(FlatJSONWriter.quoted) ?? "null" }

extension SlotContent {
    var word: String {
        switch self {
        case .whole: "whole"
        case .partial, .unknown: "partial"
        case .empty: "empty"
        }
    }
}

extension Grant {
    var word: String {
        switch self {
        case .trusted: "trusted"
        case .trial: "trial"
        case .forbidden: "forbidden"
        }
    }

    var attempts: Int? {
        if case .trial(let left) = self { left } else { nil }
    }
}

extension Standing {
    var word: String {
        switch self {
        case .trusted: "trusted"
        case .onTrial: "on trial"
        case .lastResort: "last resort"
        }
    }
}

extension RecordCopies.Copy {
    var word: String {
        switch self {
        case .whole: "whole"
        case .worn: "worn"
        case .damaged: "damaged"
        case .missing: "missing"
        case .unreadable: "unreadable"
        }
    }
}
