import API
import Slots
import Trust

extension NodeSession {
    func status() async throws(CommandError) -> Keel_V1_GetStatusResponse {
        try await call { (client) throws(CallFailure) in
            try await client.getStatus(.init(), timeout: Self.patience)
        }
    }

    /// Compares the end of the audit log with the one seen before, and remembers it.
    func noteAudit(_ status: Keel_V1_GetStatusResponse) -> AuditChain.Fault? {
        guard status.hasAudit, let head = AuditChain.Head(status.audit) else { return nil }
        var node = known[endpoint]
        let before = node
        let fault = node.note(head, machine: status.machineID)
        if node != before { known.rememberIfPossible(node, endpoint) }
        return fault
    }
}

extension AuditChain.Head {
    /// `nil` when the node says nothing that could be a head.
    init?(_ head: Keel_V1_AuditHead) {
        guard let count = Int(exactly: head.count), let hash = Digest(hex: head.hash) else {
            return nil
        }
        self.init(count: count, hash: hash)
    }
}

extension Asked {
    /// The same, failed when there is something wrong with the audit log.
    func refusing(_ fault: (Answer) -> AuditChain.Fault?) -> Asked {
        guard case .success(let value) = result, let fault = fault(value) else { return self }
        return Asked(endpoint: endpoint, result: .failure(.audit(fault)))
    }
}
