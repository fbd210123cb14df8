import API
import ArgumentParser

struct Operations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, watch or cancel what a node works on",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 operations list",
        subcommands: [ListOperations.self, WatchOperation.self, CancelOperation.self],
        defaultSubcommand: ListOperations.self
    )
}

struct ListOperations: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the running operation and those that ended",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 operations list --output json"
    )

    @ParentCommand var options: Osctl

    func run() async throws {
        try await ask(options, "operations") { (client) throws(CallFailure) in
            try await client.listOperations(.init(), timeout: NodeSession.patience)
        } show: {
            .rows(
                head: OperationReport.head,
                $0.operations.map { OperationReport($0).row }
            )
        }
    }
}

struct WatchOperation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Stay with an operation until it ends",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 operations watch"
    )

    @ParentCommand var options: Osctl

    @Argument(help: "Its ID; the running or the last one unless said")
    var id: String?

    @Option(help: ArgumentHelp("Stay this long at most: 90s, 10m, 2h", valueName: "time"))
    var timeout = Stretch(seconds: 1800)

    func run() async throws {
        let (id, timeout) = (id ?? "", timeout.duration)
        try await ask(
            options,
            "operations watch",
            changes: false,
            { (session) throws(CommandError) in
                var first = Keel_V1_Operation()
                first.id = id
                let watched = try await Waiter(session, timeout: timeout).operation(first)
                let last = watched.operation
                guard last.state == .succeeded || last.phase == .rebooting else {
                    throw last.hasEnded ? .operation(last) : .waited(.unfinished(watched))
                }
                return Operating.Outcome(operation: last)
            },
            json: { $0.operation.json },
            show: \.shown
        )
    }
}

struct CancelOperation: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Ask an operation to stop at the next safe point",
        discussion: """
            What is in place stays there; the next upgrade does not fetch it again.

            EXAMPLE: osctl -n 10.0.0.7 operations cancel 5f0c1f6a4b7e4d0f9f0d8a3c2b1e6d70
            """
    )

    @ParentCommand var options: Osctl

    @Argument(help: "Its ID")
    var id: String

    func run() async throws {
        var request = Keel_V1_CancelOperationRequest()
        request.id = id
        try await ask(options, "operations cancel", changes: true) {
            [request] (client) throws(CallFailure) in
            try await client.cancelOperation(request, timeout: NodeSession.patience)
        } show: {
            .text(OperationReport($0.operation).short + ": it was asked to stop.")
        }
    }
}
