import API
import Slots
import Syscalls
import Trust

/// Checks a node's whole audit log against itself and against the ends that were seen before.
struct AuditCheck {
    struct Report: Sendable, Hashable {
        let first: Int
        let head: AuditChain.Head

        var sentence: String {
            guard head.count > first else { return "The audit log has no lines yet." }
            let range = "lines \(first) to \(head.count - 1)"
            return "The audit log is whole: \(range), the last one \(head.hash.short)."
                + (first > 0 ? " Older lines were rotated away." : "")
        }

        var json: String {
            "{\"first\":\(first),\"count\":\(head.count),\"hash\":\(quoted(head.hash.hex))}"
        }
    }

    private let session: NodeSession

    init(_ session: NodeSession) { self.session = session }

    func run() async throws(CommandError) -> Report {
        let status = try await session.status()
        var node = session.known[session.endpoint]
        if node.machine != status.machineID { node.heads = [] }
        let lines = Lines(node.heads)
        try await session.call { (client) throws(CallFailure) in
            try await client.readAudit(.init(), timeout: .seconds(600)) {
                (page) throws(CallFailure) in
                guard lines.take(page) else { throw .cancelled }
            }
        } onFailure: {
            lines.fault.map(CommandError.audit)
        }
        let report = try lines.report()
        // Everything before a head that was checked is vouched for by it.
        node.heads = report.head.count > 0 ? [report.head] : []
        node.machine = status.machineID
        try session.known.remember(node, session.endpoint)
        return report
    }

    /// Checks lines that somebody stored, against nothing but themselves.
    static func check(file path: String) throws(CommandError) -> Report {
        let bytes: [UInt8]
        do { bytes = try File.read(path, limit: 1 << 30) } catch {
            throw .file("read", path, error)
        }
        var chain = AuditChain()
        for line in bytes.split(separator: 10) {
            do { try chain.add(Array(line)) } catch { throw .audit(error) }
        }
        return Report(first: chain.first ?? 0, head: chain.head)
    }
}

/// The lines of one node as they come.
private final class Lines {
    private(set) var fault: AuditChain.Fault?
    private var chain: AuditChain
    private let heads: [AuditChain.Head]
    private var said: AuditChain.Head?

    init(_ heads: [AuditChain.Head]) {
        self.heads = heads
        chain = AuditChain(remembering: heads.last)
    }

    /// False when something is wrong: the rest need not come.
    func take(_ page: Keel_V1_ReadAuditResponse) -> Bool {
        if page.hasHead { said = AuditChain.Head(page.head) }
        do throws(AuditChain.Fault) {
            for line in page.lines {
                try chain.add(Array(line))
                let seen = heads.first { $0.count == chain.head.count }
                if let seen, seen.hash != chain.head.hash {
                    throw .rewritten(line: seen.count - 1)
                }
            }
        } catch {
            fault = error
            return false
        }
        return true
    }

    func report() throws(CommandError) -> AuditCheck.Report {
        do { try chain.finish() } catch { throw .audit(error) }
        if let said, said != chain.head { throw .auditEnd(said: said, found: chain.head) }
        return AuditCheck.Report(first: chain.first ?? 0, head: chain.head)
    }
}
