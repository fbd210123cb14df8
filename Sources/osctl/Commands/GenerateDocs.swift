import ArgumentParser

struct GenerateDocs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate-docs",
        abstract: "Print the reference of all commands, in Markdown",
        discussion: "EXAMPLE: osctl generate-docs",
        shouldDisplay: false
    )

    func run() { print(Reference.text) }
}

/// The reference of all commands: their help texts, in the order of the groups.
enum Reference {
    static let columns = 100
    /// What follows this line in docs/osctl.md is written by scripts/docs.sh.
    static let mark = "<!-- Written by scripts/docs.sh from the commands' own help. -->"

    /// A command and the words that lead to it.
    struct Entry {
        let words: [String]
        let type: any ParsableCommand.Type
    }

    static var text: String {
        var parts = ["## Options of every command\n\n```text\n\(help(Osctl.self))\n```"]
        for group in Osctl.configuration.groupedSubcommands {
            parts.append("## \(group.name)")
            for entry in group.subcommands.flatMap({ entries($0, after: ["osctl"]) }) {
                parts.append(
                    "### \(entry.words.joined(separator: " "))\n\n```text\n\(help(entry.type))\n```"
                )
            }
        }
        return parts.joined(separator: "\n\n")
    }

    /// Every command that is shown, the parents before their own.
    static func entries(_ type: any ParsableCommand.Type, after words: [String]) -> [Entry] {
        let configuration = type.configuration
        guard configuration.shouldDisplay else { return [] }
        let here = words + [type._commandName]
        return [Entry(words: here, type: type)]
            + configuration.subcommands.flatMap { entries($0, after: here) }
    }

    static var all: [Entry] {
        Osctl.configuration.groupedSubcommands.flatMap(\.subcommands)
            .flatMap { entries($0, after: ["osctl"]) }
    }

    private static func help(_ type: any ParsableCommand.Type) -> String {
        Osctl.helpMessage(for: type, columns: columns)
    }
}
