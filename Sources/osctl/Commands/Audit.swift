import API
import ArgumentParser
import Slots
import Trust

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Read a node's audit log, or check that it is whole",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 audit verify",
        subcommands: [ReadAudit.self, VerifyAudit.self],
        defaultSubcommand: ReadAudit.self
    )
}

struct ReadAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Print the lines of the audit log as they are stored",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 audit read --from 100 > audit.jsonl"
    )

    @ParentCommand var options: Osctl

    @Option(help: ArgumentHelp("The first line, counted from 0", valueName: "number"))
    var from: UInt64 = 0

    @Option(help: ArgumentHelp("So many lines at most", valueName: "count"))
    var limit: UInt64?

    func run() async throws {
        var request = Keel_V1_ReadAuditRequest()
        request.from = from
        request.limit = limit ?? 0
        let output = LiveOutput(endless: false)
        let fleet = try await fleet(options, "audit read", changes: false)
        let answers = await fleet.ask { [request] (session) throws(CommandError) in
            let prefix = session.isAlone ? "" : "\(session.endpoint): "
            try await session.call { (client) throws(CallFailure) in
                try await client.readAudit(request, timeout: .seconds(600)) {
                    (page) throws(CallFailure) in
                    let lines = page.lines.map { prefix + String(decoding: $0, as: UTF8.self) }
                    guard await output.write(lines) else { throw .cancelled }
                }
            }
        }
        try end(Answers(answers))
    }
}

struct VerifyAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Find edited, removed, moved or cut off audit lines",
        discussion: """
            Each line carries the digest of the one before it. The end of the log is remembered \
            for each node, so that a log which was shortened or written anew is found too. With \
            --file it checks lines that were read before.

            EXAMPLE: osctl -n 10.0.0.7,10.0.0.8 audit verify
            """
    )

    @ParentCommand var options: Osctl

    @Option(
        help: ArgumentHelp("Check this file instead of asking a node", valueName: "file"),
        completion: .file()
    )
    var file: String?

    func run() async throws {
        if let file { return try verifyFile(file) }
        try await ask(
            options,
            "audit verify",
            changes: false,
            { (session) throws(CommandError) in try await AuditCheck(session).run() },
            json: \.json,
            show: { .text($0.sentence) }
        )
    }

    private func verifyFile(_ path: String) throws {
        do {
            let report = try AuditCheck.check(file: path)
            print(options.format == .json ? report.json : report.sentence)
        } catch {
            throw end(error)
        }
    }
}
