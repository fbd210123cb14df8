import API
import ArgumentParser

/// Starts the same operation on every node, each under the request's name, and stays with it.
func operate<Request: Sendable>(
    _ options: Osctl,
    _ command: String,
    _ wait: WaitOptions,
    _ reboot: RebootOptions,
    _ request: Request,
    _ start:
        @escaping @Sendable (
            NodeClient, Request, String
        ) async throws(CallFailure) -> Keel_V1_Operation
) async throws(ExitCode) {
    let operating = Operating(wait, reboots: reboot.reboot)
    let id: String
    do { id = try Operating.requestID(reboot.requestId) } catch { throw end(error) }
    try await ask(
        options,
        command,
        changes: true,
        { (session) throws(CommandError) in
            try await operating.run(session) { (session) throws(CommandError) in
                try await session.call { (client) throws(CallFailure) in
                    try await start(client, request, id)
                }
            }
        },
        json: { $0.operation.json },
        show: \.shown
    )
}
