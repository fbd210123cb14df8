import API
import ArgumentParser

struct Reboot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Restart a node",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 reboot --reason 'new memory' --timeout 10m"
    )

    @ParentCommand var options: Osctl

    @Option(help: ArgumentHelp("Why, for the node's log", valueName: "text"))
    var reason: String = ""

    @OptionGroup
    var wait: WaitOptions

    func run() async throws {
        var request = Keel_V1_RebootRequest()
        request.reason = reason
        let (waits, timeout) = (wait.wait, wait.timeout.duration)
        try await ask(
            options,
            "reboot",
            changes: true,
            { [request] (session) throws(CommandError) -> (Keel_V1_RebootResponse, String) in
                let response = try await session.call { (client) throws(CallFailure) in
                    try await client.reboot(request, timeout: NodeSession.patience)
                }
                guard waits else { return (response, "The node restarts.") }
                let goal = Waiting.Goal(bootID: response.bootID, digest: "", version: "")
                let ending = await Waiter(session, timeout: timeout).restart(goal)
                guard ending.isGood else { throw .waited(ending) }
                return (response, ending.sentence)
            },
            json: { $0.0.json },
            show: { .text($0.1) }
        )
    }
}

struct Shutdown: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Power a node off",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 shutdown --reason 'moving racks'"
    )

    @ParentCommand var options: Osctl

    @Option(help: ArgumentHelp("Why, for the node's log", valueName: "text"))
    var reason: String = ""

    func run() async throws {
        var request = Keel_V1_ShutdownRequest()
        request.reason = reason
        try await ask(options, "shutdown", changes: true) {
            [request] (client) throws(CallFailure) in
            try await client.shutdown(request, timeout: NodeSession.patience)
        } show: { _ in
            .text("The node powers off.")
        }
    }
}

struct Services: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a node's services",
        discussion: "EXAMPLE: osctl -n 10.0.0.7,10.0.0.8 services"
    )

    @ParentCommand var options: Osctl

    func run() async throws {
        try await ask(options, "services") { (client) throws(CallFailure) in
            try await client.listServices(.init(), timeout: NodeSession.patience)
        } show: {
            .rows(head: ServiceReport.head, $0.services.map(ServiceReport.row))
        }
    }
}

struct Restart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop a service and start it again",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 restart kubelet"
    )

    @ParentCommand var options: Osctl

    @Argument(help: "Its name, as services shows it")
    var service: String

    func run() async throws {
        var request = Keel_V1_RestartServiceRequest()
        request.name = service
        try await ask(options, "restart", changes: true) { [request] (client) throws(CallFailure) in
            try await client.restartService(request, timeout: .seconds(120))
        } show: {
            .rows(head: ServiceReport.head, [ServiceReport.row($0.service)])
        }
    }
}

struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make each check of the health gate now",
        discussion: """
            Ends with 1 when a check that the gate waits for does not pass.

            EXAMPLE: osctl -n 10.0.0.7 health
            """
    )

    @ParentCommand var options: Osctl

    func run() async throws {
        let fleet = try await fleet(options, "health", changes: false)
        let answers = Answers(
            await fleet.ask { (session) throws(CommandError) in
                try await session.call { (client) throws(CallFailure) in
                    // Longer than all that a node gives its checks.
                    try await client.getHealth(.init(), timeout: .seconds(300))
                }
            }
        )
        let text =
            options.format == .json
            ? answers.json(\.json)
            : answers.table { .rows(head: HealthReport.head, $0.checks.map(HealthReport.row)) }
        if !text.isEmpty { print(text) }
        try end(Answers(answers.asked.map(HealthReport.judged)))
    }
}
