import API
import ArgumentParser
import Slots

struct Identity: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show who a node is",
        discussion: "EXAMPLE: osctl --endpoint 10.0.0.7 identity"
    )

    @ParentCommand var options: Osctl

    func run() async throws {
        try await ask(options, "identity") { (client) throws(CallFailure) in
            try await client.getIdentity(.init(), timeout: NodeSession.patience)
        } show: { identity in
            .rows(
                head: ["MACHINE", "FINGERPRINT", "VALID UNTIL", "CLIENT CA"],
                [
                    [
                        orDash(identity.machineID), orDash(identity.fingerprint),
                        Timestamp.text(identity.notAfter),
                        orDash(
                            identity.clientCaFingerprints.map { String($0.prefix(12)) }
                                .joined(separator: ", ")
                        ),
                    ]
                ]
            )
        }
    }
}

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Show the version of osctl and of nodes",
        discussion: """
            Without a node, a context or --client it shows the one of osctl alone.

            EXAMPLE: osctl version --client
            """
    )

    @ParentCommand var options: Osctl

    @Flag(help: "Ask no node")
    var client = false

    func run() async throws {
        let asksNode = try !client && !options.isLocal && hasNode()
        if options.format == .table { print("osctl \(Osctl.release)") }
        guard asksNode else {
            if options.format == .json { print(Self.json(nil)) }
            return
        }
        try await ask(
            options,
            "version",
            changes: false,
            { (session) throws(CommandError) in try await session.status() },
            json: { Self.json($0) },
            show: { status in
                .rows(
                    head: ["AGENT", "RELEASE", "KERNEL"],
                    [[orDash(status.agentVersion), orDash(status.version), orDash(status.kernel)]]
                )
            }
        )
    }

    /// A broken file of contexts is told, not passed over.
    private func hasNode() throws -> Bool {
        let node = options.nodeOptions
        if node.endpoint != nil || node.nodes != nil || node.context != nil { return true }
        do throws(CommandError) { return try ContextStore(.current).read().current != nil } catch {
            if case .setup(.noHome) = error { return false }
            throw end(error)
        }
    }

    private static func json(_ status: Keel_V1_GetStatusResponse?) -> String {
        let client = "\"client\":\(quoted(Osctl.release))"
        guard let status else { return "{\(client)}" }
        return "{\(client),\"agent\":\(quoted(status.agentVersion)),"
            + "\"release\":\(quoted(status.version)),\"kernel\":\(quoted(status.kernel))}"
    }
}
