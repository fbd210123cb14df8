import API
import Trust

extension AgentService {
    /// Bytes of lines in one message.
    private static let auditBytes = 48 << 10

    func readAudit(
        _ request: Keel_V1_ReadAuditRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_ReadAuditResponse>
    ) async throws(CallFailure) {
        let audit = audit
        // Lines that are written meanwhile, this call's own among them, are not chased.
        let end = try await reading { () throws(StateError) in
            try audit.synchronize()
            return audit.head
        }
        var next = Int(clamping: request.from)
        let last =
            request.limit == 0
            ? end.count : min(end.count, next.addingClamped(Int(clamping: request.limit)))
        while next < last {
            let start = next
            var (first, lines) = try await reading { () throws(StateError) in
                try audit.lines(from: start)
            }
            guard first < last, !lines.isEmpty else { break }
            lines = Array(lines.prefix(last - first))
            while !lines.isEmpty {
                let count = Self.fitting(lines)
                var response = Keel_V1_ReadAuditResponse()
                response.first = UInt64(first)
                response.lines = lines.prefix(count).map { .init($0) }
                lines.removeFirst(count)
                first += count
                try await send(response)
            }
            next = first
        }
        var response = Keel_V1_ReadAuditResponse()
        response.first = UInt64(next)
        response.head = end.message
        try await send(response)
    }

    /// How many lines go into one message: at least one.
    private static func fitting(_ lines: [[UInt8]]) -> Int {
        var size = 0
        for (index, line) in lines.enumerated() {
            size += line.count
            if size > auditBytes { return max(1, index) }
        }
        return lines.count
    }

    private func reading<Answer: Sendable>(
        _ body: @escaping @Sendable () throws(StateError) -> Answer
    ) async throws(CallFailure) -> Answer {
        do throws(StateError) { return try await Offload.run("audit", body) } catch {
            throw CallFailure(error)
        }
    }
}

extension Int {
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
