import API
import ArgumentParser

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show or change a node's configuration",
        discussion: """
            A configuration is one document, always whole: what is left out goes back to its \
            default. It is applied as a try that the node reverts at a deadline unless you \
            confirm it over the new settings.

            EXAMPLE: osctl -n 10.0.0.7 config apply node.yaml
            """,
        subcommands: [
            GetConfig.self, ApplyConfig.self, ConfirmConfig.self, RevertConfig.self,
        ],
        defaultSubcommand: GetConfig.self
    )
}

struct GetConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print the configuration in force, as YAML",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 config get > node.yaml"
    )

    @ParentCommand var options: Osctl

    func run() async throws {
        try await ask(options, "config get") { (client) throws(CallFailure) in
            try await client.getConfig(.init(), timeout: NodeSession.patience)
        } show: {
            .text(ConfigText.page($0))
        }
    }
}

struct ApplyConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Apply a configuration as a try, and confirm it",
        discussion: """
            FILE is YAML or JSON with the fields of NodeConfig. The try is confirmed at once over \
            a new connection, which proves that the node can still be reached; with \
            --no-confirm you do that later.

            EXAMPLE: osctl -n 10.0.0.7 config apply --dry-run node.yaml
            """
    )

    @ParentCommand var options: Osctl

    @Argument(help: "YAML or JSON file", completion: .file())
    var file: String

    @Flag(help: "Show what would change, change nothing")
    var dryRun = false

    @Flag(inversion: .prefixedNo, help: "Keep the try once the node answers over the new settings")
    var confirm = true

    @Option(help: ArgumentHelp("The node goes back after this: 30s to 1h (2m)", valueName: "time"))
    var tryTime: Stretch?

    @Option(help: ArgumentHelp("Refuse unless this one is in force", valueName: "generation"))
    var expectedGeneration: UInt64?

    func validate() throws {
        if let tryTime, !(30...3600).contains(tryTime.seconds) {
            throw ValidationError("--try-time takes 30s to 1h")
        }
    }

    func run() async throws {
        var request = Keel_V1_ApplyConfigRequest()
        do {
            let config = try ConfigText.read(file)
            request.step = dryRun ? .dryRun(config) : .apply(config)
        } catch {
            throw end(error)
        }
        request.trySeconds = UInt32(tryTime?.seconds ?? 0)
        request.expectedGeneration = expectedGeneration ?? 0
        let confirms = confirm && !dryRun
        try await ask(
            options,
            "config apply",
            changes: true,
            { [request] (session) throws(CommandError) in
                let tried = try await session.apply(request)
                guard confirms, tried.hasPending else { return tried }
                let fresh = try session.anew()
                defer { fresh.close() }
                var kept = try await fresh.confirm(tried.pending.id)
                kept.diff = tried.diff
                return kept
            },
            json: \.json,
            show: { .text(ConfigText.outcome($0, isDryRun: dryRun)) }
        )
    }
}

struct ConfirmConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Keep the configuration that is being tried",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 config confirm"
    )

    @ParentCommand var options: Osctl

    @Argument(help: "ID of the try; the one that waits unless said")
    var id: String?

    func run() async throws {
        try await step(options, "config confirm", id) { .confirm($0) }
    }
}

struct RevertConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revert",
        abstract: "Leave the configuration that is being tried",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 config revert"
    )

    @ParentCommand var options: Osctl

    @Argument(help: "ID of the try; the one that waits unless said")
    var id: String?

    func run() async throws {
        try await step(options, "config revert", id) { .revert($0) }
    }
}

/// Ends the try called `id`, or the one that waits.
private func step(
    _ options: Osctl,
    _ command: String,
    _ id: String?,
    _ make: @escaping @Sendable (String) -> Keel_V1_ApplyConfigRequest.OneOf_Step
) async throws(ExitCode) {
    try await ask(
        options,
        command,
        changes: true,
        { (session) throws(CommandError) in
            var request = Keel_V1_ApplyConfigRequest()
            let found: String
            if let id { found = id } else { found = try await session.waitingTry() }
            request.step = make(found)
            return try await session.apply(request)
        },
        json: \.json,
        show: { .text(ConfigText.outcome($0, isDryRun: false)) }
    )
}
