import API
import ArgumentParser

struct Reset: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Leave the cluster",
        discussion: """
            With --cluster the node restarts and is as it was before its bootstrap: what the \
            kubelet, the container runtime, pods and their network kept is gone, and so is the \
            client CA. Slots, configuration, machine id, key and audit log stay. Drain the node \
            first, and remove its Node object afterwards. Until the next bootstrap anybody who \
            reaches the node can give it one.

            EXAMPLE: osctl -n 10.0.0.7 reset --cluster
            """
    )

    @ParentCommand var options: Osctl

    @Flag(help: "Leave the cluster; there is nothing else that can be reset")
    var cluster = false

    @OptionGroup
    var wait: WaitOptions

    func validate() throws {
        if !cluster { throw ValidationError("say --cluster: it is what is reset") }
    }

    func run() async throws {
        let (waits, timeout) = (wait.wait, wait.timeout.duration)
        try await ask(
            options,
            "reset",
            changes: true,
            { (session) throws(CommandError) -> (Keel_V1_LeaveClusterResponse, String) in
                let response = try await session.call { (client) throws(CallFailure) in
                    try await client.leaveCluster(.init(), timeout: NodeSession.patience)
                }
                let left = "The node leaves the cluster at \(response.apiServer)."
                guard waits else { return (response, "\(left) It restarts.") }
                let goal = Waiting.Goal(bootID: response.bootID, digest: "", version: "")
                let ending = await Waiter(session, timeout: timeout).restart(goal)
                guard ending.isGood else { throw .waited(ending) }
                return (response, "\(left) \(ending.sentence) It waits for a bootstrap.")
            },
            json: { $0.0.json },
            show: { .text($0.1) }
        )
    }
}
