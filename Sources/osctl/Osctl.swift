import ArgumentParser
import Syscalls

/// The command line of KeelOS.
@main
struct Osctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "osctl",
        abstract: "Look after the slots of a KeelOS disk",
        discussion: """
            With --disk it works on a disk that lies on a workbench: a block device or an image \
            file.

            Exit codes: 0 done, 1 failed and safe, 2 refused, 3 busy, 64 usage.

            EXAMPLE: osctl --disk /dev/sdb --trust /etc/keel/trust slots
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Looking",
                subcommands: [Status.self, ShowSlots.self, History.self, Prove.self]
            ),
            CommandGroup(
                name: "Changing",
                subcommands: [
                    Upgrade.self, Activate.self, Confirm.self, Rollback.self, UpgradeLoader.self,
                ]
            ),
        ]
    )

    static func main() {
        Memory.returnLargeBlocks()
        main(nil)
    }

    @Option(help: ArgumentHelp("Work on this disk or image file", valueName: "disk"))
    var disk: String?

    @Option(help: ArgumentHelp("Believe the keys and policy in this folder", valueName: "dir"))
    var trust: String?

    @Option(help: ArgumentHelp("Keep the history in this folder", valueName: "dir"))
    var state: String?
}

/// What a command works on.
struct Place {
    let disk: String
    let trust: String
    let state: String?
}

/// How an answer is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
}
