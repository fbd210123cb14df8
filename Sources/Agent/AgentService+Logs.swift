import API
import InitLink

extension AgentService {
    /// Between two looks at a log that is followed.
    private static let pause: Duration = .milliseconds(250)
    /// Lines in one message.
    private static let pageLines = 500

    func streamLogs(
        _ request: Keel_V1_StreamLogsRequest,
        _ call: Call,
        _ send: Sender<Keel_V1_StreamLogsResponse>
    ) async throws(CallFailure) {
        var query = LogQuery(
            service: request.service.isEmpty ? "agent" : request.service,
            start: request.tail == 0
                ? .oldest : .newest(min(Int(request.tail), LogQuery.lineLimit)),
            since: Self.nanoseconds(request.since),
            level: LogLevel(request.level),
            limit: Self.pageLines
        )
        if request.tail > 0 { query.limit = min(Int(request.tail), LogQuery.lineLimit) }
        while true {
            let asked = query
            let page = try await ask { (link) throws(InitFailure) in try link.logs(asked) }
            if !page.lines.isEmpty || page.dropped > 0 {
                var response = Keel_V1_StreamLogsResponse()
                response.lines = page.lines.map(Keel_V1_LogLine.init)
                response.dropped = page.dropped
                try await send(response)
            }
            query = query.following(page)
            query.limit = Self.pageLines
            if page.hasMore { continue }
            guard request.follow else { return }
            do { try await Task.sleep(for: Self.pause) } catch { throw .cancelled }
        }
    }

    /// A time that is too late to be written is later than every line.
    static func nanoseconds(_ seconds: Int64) -> Int64 {
        let (product, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isTooLarge ? .max : product
    }
}

extension LogLevel {
    init?(_ level: Keel_V1_LogLevel) {
        switch level {
        case .debug: self = .debug
        case .info: self = .info
        case .warning: self = .warning
        case .error: self = .error
        case .unspecified, .UNRECOGNIZED: return nil
        }
    }

    var message: Keel_V1_LogLevel {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}

extension Keel_V1_LogLine {
    init(_ line: LogLine) {
        self.init()
        time = line.time
        level = line.level.message
        text = .init(line.text)
    }
}
