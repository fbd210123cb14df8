import API
import ArgumentParser
import Slots
import SwiftProtobuf
import Syscalls

/// Asks the nodes, prints what they answer, and ends with the worst code of all.
///
/// - Parameters:
///   - changes: the nodes must be named when the context has several.
///   - json: how one answer is written for programs.
func ask<Answer: Sendable>(
    _ options: Osctl,
    _ command: String,
    changes: Bool,
    _ question: @escaping @Sendable (NodeSession) async throws(CommandError) -> Answer,
    json: (Answer) -> String,
    show: (Answer) -> Shown
) async throws(ExitCode) {
    let fleet = try await fleet(options, command, changes: changes)
    let answers = Answers(await fleet.ask(question))
    let text = options.format == .json ? answers.json(json) : answers.table(show)
    if !text.isEmpty { print(text) }
    try end(answers)
}

/// As above, where one call is all the question and its response all the answer.
func ask<Answer: Message & Sendable>(
    _ options: Osctl,
    _ command: String,
    changes: Bool = false,
    _ call: @escaping @Sendable (NodeClient) async throws(CallFailure) -> Answer,
    show: (Answer) -> Shown
) async throws(ExitCode) {
    try await ask(
        options,
        command,
        changes: changes,
        { (session) throws(CommandError) in try await session.call(call) },
        json: \.json,
        show: show
    )
}

/// The nodes a command is for; says why there are none, and ends the program.
func fleet(
    _ options: Osctl,
    _ command: String,
    changes: Bool
) async throws(ExitCode) -> Fleet {
    do throws(CommandError) {
        if options.isLocal { throw .setup(.needsNode(command: command)) }
        return try await Fleet(options.nodeOptions, changes: changes, home: .current)
    } catch {
        throw end(error)
    }
}

/// Says on standard error what went wrong with nodes; ends with the worst code unless all is well.
func end<Answer>(_ answers: Answers<Answer>) throws(ExitCode) {
    for complaint in answers.complaints { StandardError.write(complaint + "\n") }
    if answers.code != 0 { throw ExitCode(answers.code) }
}

/// Says on standard error why nothing was done; the code that belongs to it.
func end(_ error: CommandError) -> ExitCode {
    StandardError.write("osctl: \(error.sentence)\n")
    return ExitCode(error.kind.rawValue)
}
