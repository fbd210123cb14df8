import ArgumentParser
import Slots

struct ShowSlots: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slots",
        abstract: "Show what each slot holds and may do",
        discussion: "EXAMPLE: osctl --disk disk.img --trust trust slots --output json"
    )

    @ParentCommand var options: Osctl

    @Option(help: "Print as table or json")
    var output: OutputFormat = .table

    func run() throws {
        let output = output
        try osctl.run(options, writing: false) { (bench) throws(CommandError) in
            let node = try bench.node()
            return output == .json ? SlotsReport(node).json : SlotsReport(node).table
        }
    }
}

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the disk, its boot record and its loader",
        discussion: "EXAMPLE: osctl --disk disk.img --trust trust status"
    )

    @ParentCommand var options: Osctl

    @Option(help: "Print as table or json")
    var output: OutputFormat = .table

    func run() throws {
        let output = output
        try osctl.run(options, writing: false) { (bench) throws(CommandError) in
            let report = StatusReport(bench, try bench.node())
            return output == .json ? report.json : report.table
        }
    }
}

struct History: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what happened to each release",
        discussion: """
            The history is kept in the folder that --state names.

            EXAMPLE: osctl --disk disk.img --trust trust --state state history
            """
    )

    @ParentCommand var options: Osctl

    @Option(help: "Print as table or json")
    var output: OutputFormat = .table

    func run() throws {
        let output = output
        try osctl.run(options, writing: false) { (bench) throws(CommandError) in
            guard let store = bench.machine.history else {
                throw .noHistory
            }
            let lines: [[UInt8]]
            do throws(HistoryError) { lines = try store.lines() } catch {
                throw .file("read", "the history", .init(error.code))
            }
            let entries = lines.compactMap(HistoryEntry.init(parsing:))
            return output == .json ? HistoryReport(entries).json : HistoryReport(entries).table
        }
    }
}

struct Prove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read slots back and check every byte",
        discussion: "EXAMPLE: osctl --disk disk.img --trust trust prove"
    )

    @ParentCommand var options: Osctl

    func run() throws {
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
