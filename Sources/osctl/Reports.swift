import Slots
import SlotsLayout

/// The two slots, for people and for programs.
struct SlotsReport {
    let node: Node

    init(_ node: Node) { self.node = node }

    var json: String {
        let slots = Slot.allCases.map { slot -> String in
            let release = node.contents[slot].release
            let grant = node.record?[slot].grant ?? .forbidden
            let fields = [
                "\"slot\":\(quoted(slot.description))",
                "\"content\":\(quoted(node.contents[slot].word))",
                "\"version\":\(quoted(release?.version.description))",
                "\"digest\":\(quoted(release?.digest.hex))",
                "\"grant\":\(quoted(grant.word))",
                "\"attempts\":\(grant.attempts.map(String.init) ?? "null")",
            ]
            return "{" + fields.joined(separator: ",") + "}"
        }
        return "{\"running\":\(quoted(node.running?.description)),"
            + "\"next\":\(quoted(node.next?.description)),"
            + "\"slots\":[\(slots.joined(separator: ","))]}"
    }

    var table: String {
        var rows = [["SLOT", "CONTENT", "VERSION", "DIGEST", "GRANT", "STATE", ""]]
        for slot in Slot.allCases {
            let release = node.contents[slot].release
            let state = node.record?[slot]
            rows.append([
                slot.description, node.contents[slot].word,
                release?.version.description ?? "-", release?.digest.short ?? "-",
                (state?.grant ?? .forbidden).sentence, state?.recordText ?? "lost",
                slot == node.next ? "boots next" : "",
            ])
        }
        return Table.text(rows)
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
        facts = [
            ("disk", bench.disk.path),
            ("id", bench.layout.diskID.description),
            ("sector", "\(bench.disk.sectorSize)"),
            ("table", "\(bench.layout.table)"),
            ("record", copies.joined(separator: ", ")),
            (
                "in force",
                record.map {
                    "\($1): ORDER=\($0.order) A=\($0[.a].recordText) B=\($0[.b].recordText)"
                        + " SEQ=\($0.sequence)"
                } ?? "none: every copy is lost"
            ),
            ("loader", bench.loaderContract.map { "contract \($0)" } ?? "unknown"),
            ("standing", node.standing.word),
            (
                "trust",
                "\(bench.policy.threshold) of \(bench.policy.keys.count) keys, "
                    + "epoch \(bench.policy.epoch) or later, board \(bench.policy.board)"
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

    var table: String {
        var rows = [["TIME", "EVENT", "SLOT", "VERSION", "DIGEST", "REASON"]]
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

    var sentence: String { attempts.map { "trial, \($0) left" } ?? word }
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
