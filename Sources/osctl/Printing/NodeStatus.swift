import API
import Slots

/// A node's status: a page when it is asked alone, a row among others.
struct NodeStatus {
    let status: Keel_V1_GetStatusResponse

    init(_ status: Keel_V1_GetStatusResponse) { self.status = status }

    func shown(isAlone: Bool) -> Shown {
        isAlone ? .text(page) : .rows(head: Self.head, [row])
    }

    private static let head = [
        "VERSION", "RUNNING", "WHY", "STANDING", "NEXT", "UPTIME", "OPERATION", "LOOK AT",
    ]

    private var row: [String] {
        [
            status.version.isEmpty ? "-" : status.version, orDash(status.running),
            status.why.word, status.standing.word, orDash(status.next),
            lengthText(status.uptime), operation, warnings.first ?? "",
        ]
    }

    private var page: String {
        Table.text(facts.map { [$0.0, $0.1] }) + "\n\n" + SlotsReport(status).table
            + warnings.map { "\nlook at: \($0)" }.joined()
    }

    private var facts: [(String, String)] {
        var facts = [
            ("host", orDash(status.hostname)),
            ("machine", orDash(status.machineID)),
            ("release", orDash(status.version)),
            ("digest", orDash(status.digest)),
            ("runs", "slot \(orDash(status.running)), \(status.why.word)"),
            ("next", status.next.isEmpty ? "none boots by the rules" : "slot \(status.next)"),
            ("standing", status.standing.word),
            ("record", record),
        ]
        if status.hasTrial, status.standing == .onTrial { facts.append(("trial", trial)) }
        if status.hasLoaderContract {
            facts.append(("loader", "contract \(status.loaderContract)"))
        }
        facts += [
            ("kernel", "\(orDash(status.kernel)) \(status.machineArchitecture)"),
            ("boot", "\(orDash(status.bootID)), up \(lengthText(status.uptime))"),
            ("clock", clock),
            ("agent", orDash(status.agentVersion)),
            ("bootstrapped", status.bootstrapped ? "yes" : "no"),
            ("audit", "\(status.audit.count) lines \(status.audit.hash.prefix(12))"),
            ("operation", operation),
        ]
        return facts
    }

    private var record: String {
        let copies = status.record.copies.enumerated().map { "env\($0) \($1)" }
        let source = status.record.source.isEmpty ? "none in force" : status.record.source
        return "\(source), sequence \(status.record.sequence): \(copies.joined(separator: ", "))"
    }

    private var trial: String {
        let waits = status.trial.waitingFor.joined(separator: ", ")
        let deadline = status.trial.deadline
        return "\(status.trial.attemptsLeft) left"
            + (deadline > 0 ? ", until \(Timestamp.text(deadline))" : "")
            + (waits.isEmpty ? "" : ", waits for \(waits)")
    }

    private var clock: String {
        Timestamp.text(status.clock.now)
            + (status.clock.synchronised ? ", synchronised" : ", no time server vouches for it")
    }

    private var operation: String {
        guard status.hasOperation else { return "-" }
        return OperationReport(status.operation).short
    }

    private var warnings: [String] { status.warnings }
}

func orDash(_ text: String) -> String { text.isEmpty ? "-" : text }
