import ArgumentParser
import Syscalls
import Trust

/// The command line of KeelOS.
@main
struct Osctl: AsyncParsableCommand {
    static let release = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "osctl",
        abstract: "Look after KeelOS nodes and disks",
        discussion: """
            A command goes to the nodes that --endpoint, --nodes or the context in use name; with \
            --disk it works on a disk that lies on a workbench: a block device or an image file. \
            The options below may stand before or after the command.

            Exit codes: 0 done, 1 failed and safe, 2 refused, 3 busy, 4 rolled back, \
            5 unknown (the time was over), 64 usage.

            EXAMPLE: osctl --endpoint 10.0.0.7:50051 --kubeconfig ~/.kube/config status
            """,
        version: release,
        groupedSubcommands: [
            CommandGroup(
                name: "Looking",
                subcommands: [
                    Status.self, ShowSlots.self, History.self, Explain.self, Health.self,
                    Prove.self, Identity.self, VersionCommand.self,
                ]
            ),
            CommandGroup(
                name: "Releases",
                subcommands: [
                    Upgrade.self, Operations.self, Activate.self, Confirm.self, Rollback.self,
                    UpgradeLoader.self,
                ]
            ),
            CommandGroup(
                name: "The machine",
                subcommands: [
                    Reboot.self, Shutdown.self, Reset.self, Config.self, Services.self,
                    Restart.self, Logs.self, SupportBundle.self,
                ]
            ),
            CommandGroup(
                name: "Trust",
                subcommands: [
                    Bootstrap.self, BootstrapStatus.self, AuditCommand.self, PKI.self,
                ]
            ),
            CommandGroup(
                name: "osctl itself",
                subcommands: [ContextCommand.self, Completion.self, GenerateDocs.self]
            ),
        ]
    )

    static func main() async {
        OpenSSLLibrary.staysToTheEnd()
        Memory.returnLargeBlocks()
        await main(nil)
    }

    @OptionGroup(title: "Nodes")
    var connection: ConnectionOptions

    @OptionGroup(title: "A disk on a workbench")
    var bench: BenchOptions

    @Option(name: [.customShort("o"), .long], help: "Print as table or json")
    var output: OutputFormat = .table

    /// The command works on a disk of this machine.
    var isLocal: Bool { bench.disk != nil }

    var format: OutputFormat { output }

    var nodeOptions: NodeOptions {
        NodeOptions(
            context: connection.context,
            endpoint: connection.endpoint,
            nodes: connection.nodes,
            fingerprint: connection.fingerprint,
            ca: connection.ca,
            cert: connection.cert,
            key: connection.key,
            kubeconfig: connection.kubeconfig
        )
    }
}

/// How an answer is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
}
