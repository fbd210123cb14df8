import API
import ArgumentParser
import Slots

struct ShowSlots: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slots",
        abstract: "Show what each slot holds and may do",
        discussion: "EXAMPLE: osctl -n 10.0.0.7,10.0.0.8 slots --output json"
    )

    @ParentCommand var options: Osctl

    func run() async throws {
        guard !options.isLocal else {
            return try osctl.run(options, writing: false) { (bench) throws(CommandError) in
                let report = SlotsReport(try bench.node())
                return options.format == .json ? report.json : report.table
            }
        }
        try await ask(
            options,
            "slots",
            changes: false,
            { (session) throws(CommandError) in try await session.status() },
            json: { SlotsReport($0).json },
            show: { SlotsReport($0).shown }
        )
    }
}

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what runs, why, and what needs a look",
        discussion: """
            With --disk it shows the disk, its boot record copy by copy, and its loader. The end \
            of a node's audit log is compared with the one that was seen before.

            EXAMPLE: osctl --endpoint 10.0.0.7 status
            """
    )

    @ParentCommand var options: Osctl

    func run() async throws {
        guard !options.isLocal else {
            return try osctl.run(options, writing: false) { (bench) throws(CommandError) in
                let report = StatusReport(bench, try bench.node())
                return options.format == .json ? report.json : report.table
            }
        }
        let fleet = try await fleet(options, "status", changes: false)
        let answers = Answers(
            await fleet.ask { (session) throws(CommandError) in
                let status = try await session.status()
                return (status, session.noteAudit(status))
            }
        )
        let isAlone = fleet.members.count == 1
        let text =
            options.format == .json
            ? answers.json { $0.0.json }
            : answers.table { status, _ in NodeStatus(status).shown(isAlone: isAlone) }
        if !text.isEmpty { print(text) }
        try end(Answers(answers.asked.map { $0.refusing(\.1) }))
    }
}

struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what happened to each release",
        discussion: """
            With --disk the history is kept in the folder that --state names.

            EXAMPLE: osctl --endpoint 10.0.0.7 history
            """
    )

    @ParentCommand var options: Osctl

    func run() async throws {
        guard !options.isLocal else {
            return try osctl.run(options, writing: false) { (bench) throws(CommandError) in
                guard let store = bench.machine.history else {
                    throw .noHistory
                }
                let lines: [[UInt8]]
                do throws(HistoryError) { lines = try store.lines() } catch {
                    throw .file("read", "the history", .init(error.code))
                }
                let report = HistoryReport(lines.compactMap(HistoryEntry.init(parsing:)))
                return options.format == .json ? report.json : report.table
            }
        }
        try await ask(
            options,
            "history",
            changes: false,
            { (session) throws(CommandError) in
                try await session.call { (client) throws(CallFailure) in
                    try await client.getHistory(.init(), timeout: NodeSession.patience)
                }
            },
            json: { HistoryReport.json($0.entries) },
            show: { .rows(head: HistoryReport.head, $0.entries.map(HistoryReport.row)) }
        )
    }
}

struct Prove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read a disk's slots back and check every byte",
        discussion: "EXAMPLE: osctl --disk disk.img --trust trust prove"
    )

    @ParentCommand var options: Osctl

    func run() throws {
        guard options.isLocal else { throw end(.setup(.needsDisk(command: "prove"))) }
        try osctl.run(options, writing: false) { (bench) throws(CommandError) in
            let node = try bench.node()
            let observer = ProgressPrinter()
            var lines: [String] = []
            for slot in Slot.allCases {
                guard let release = node.contents[slot].release else {
                    lines.append("slot \(slot): no release")
                    continue
                }
                do throws(UpdateError) {
                    try bench.machine.prove(slot, node, observer: observer)
                } catch {
                    throw .update(error)
                }
                lines.append("slot \(slot): \(release.version) is whole, every byte matches")
            }
            return lines.joined(separator: "\n")
        }
    }
}
