import API
import ArgumentParser
import Slots

struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the lines of a service's log",
        discussion: """
            Services are those that services shows, and agent, kernel and init.

            EXAMPLE: osctl -n 10.0.0.7 logs kubelet --follow --since 10m --level warning
            """
    )

    @ParentCommand var options: Osctl

    @Argument(help: "Its name, such as agent, kernel or kubelet")
    var service: String

    @Flag(name: .shortAndLong, help: "Go on as lines come")
    var follow = false

    @Option(
        help: ArgumentHelp("From then on: 10m, or 2026-11-21T00:00:00Z", valueName: "time")
    )
    var since: Instant?

    @Option(help: "Only debug, info, warning or error, and what is worse")
    var level: LeastLevel?

    @Option(help: ArgumentHelp("The newest this many lines", valueName: "count"))
    var tail: UInt32?

    func run() async throws {
        let request = request(now: .now)
        let limit: Duration? = follow ? nil : .seconds(120)
        let isJSON = options.format == .json
        let output = LiveOutput(endless: follow)
        let fleet = try await fleet(options, "logs", changes: false)
        let answers = await fleet.ask { (session) throws(CommandError) in
            let name = session.isAlone ? nil : "\(session.endpoint)"
            try await session.call { (client) throws(CallFailure) in
                try await client.streamLogs(request, timeout: limit) { (page) throws(CallFailure) in
                    let lines = Self.lines(page, name: name, isJSON: isJSON)
                    guard await output.write(lines) else { throw .cancelled }
                }
            }
        }
        try end(Answers(answers))
    }

    func request(now: Timestamp) -> Keel_V1_StreamLogsRequest {
        var request = Keel_V1_StreamLogsRequest()
        request.service = service
        request.follow = follow
        request.since = since?.before(now) ?? 0
        request.level = level?.level ?? .unspecified
        request.tail = tail ?? 0
        return request
    }

    static func lines(
        _ page: Keel_V1_StreamLogsResponse,
        name: String?,
        isJSON: Bool
    ) -> [String] {
        var lines: [String] = []
        let prefix = name.map { "\($0): " } ?? ""
        if page.dropped > 0, !isJSON {
            lines.append("\(prefix)(\(page.dropped) lines were overwritten before they were read)")
        }
        return lines
            + page.lines.map { line in
                isJSON ? LogText.json(line, node: name) : prefix + LogText.text(line)
            }
    }
}

/// The least level that is shown.
enum LeastLevel: String, ExpressibleByArgument, CaseIterable, Sendable {
    case debug
    case info
    case warning
    case error

    var level: Keel_V1_LogLevel {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
