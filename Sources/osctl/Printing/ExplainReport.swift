import API
import Slots

/// The last boots in words: for each a head, the failure, and the lines around it.
struct ExplainReport {
    let response: Keel_V1_ExplainResponse

    init(_ response: Keel_V1_ExplainResponse) { self.response = response }

    var text: String {
        let boots =
            response.boots.isEmpty
            ? ["There is no account of a boot: no black box, or nothing written to it yet."]
            : response.boots.map(Self.account)
        return (response.remarks + boots).joined(separator: "\n\n")
    }

    private static func account(_ boot: Keel_V1_BootAccount) -> String {
        let version = boot.version.isEmpty ? "an unknown release" : boot.version
        let rows = [
            ["boot", "\(boot.number)" + (boot.current ? ", this one" : "")],
            ["slot", "\(boot.slot): \(version)"],
            ["mode", mode(boot)],
            ["began", boot.started > 0 ? Timestamp.text(boot.started) : "-"],
            ["came to", boot.stage],
            ["failed", failure(boot)],
        ]
        let lines = boot.lines.map { line in
            "  | " + (line.count > longest ? "\(line.prefix(longest))..." : line)
        }
        return ([Table.text(rows)] + lines).joined(separator: "\n")
    }

    /// Characters of a line: some programs print all they know in one. JSON has all of it.
    private static let longest = 240

    private static func mode(_ boot: Keel_V1_BootAccount) -> String {
        guard boot.attempt > 0 else { return orDash(boot.state) }
        return "\(boot.state), try \(boot.attempt)"
    }

    private static func failure(_ boot: Keel_V1_BootAccount) -> String {
        if !boot.failed.isEmpty {
            return boot.failed + (boot.reason.isEmpty ? "" : ": \(boot.reason)")
        }
        if !boot.reason.isEmpty { return "-, it was ended: \(boot.reason)" }
        if boot.current || boot.stage == BootStage.healthy.rawValue { return "-" }
        return "nothing was said: it ended after \(boot.stage)"
    }
}
