import ArgumentParser
import Slots

struct Upgrade: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Install a release into the other slot",
        discussion: """
            SOURCE is an http or https URL. For a node it may also be a path on the node; for a \
            disk a file, or - for standard input. Every byte is checked before it is written, and \
            read back before the slot may boot. An upgrade that was cut short is taken up where \
            it stopped by the same command; one that still runs is watched again.

            EXAMPLE: osctl -n 10.0.0.7 upgrade --reboot https://host/keelos-1.2.0.keel
            """
    )

    @ParentCommand var options: Osctl

    @Argument(help: "Where the release is read from")
    var source: String?

    @Flag(help: "Check and plan everything, write nothing")
    var dryRun = false

    @Flag(help: "Write and prove, but do not let it boot yet")
    var stage = false

    @Flag(help: "Fetch everything, keep nothing that is there")
    var noReuse = false

    @Option(help: ArgumentHelp("Refuse any other release than this", valueName: "sha256"))
    var digest: String?

    @Flag(help: "Accept an older release than the running one")
    var allowDowngrade = false

    @Flag(help: "Accept a release that was found unhealthy")
    var retryQuarantined = false

    @Flag(help: .hidden)
    var noReadBack = false

    @OptionGroup(title: "Network options")
    var network: NetworkOptions

    @Option(help: ArgumentHelp("Write at most this many bytes a second", valueName: "bytes"))
    var diskRate: Int?

    @OptionGroup(title: "On a node")
    var node: NodeUpgradeOptions

    @OptionGroup(title: "On a node")
    var reboot: RebootOptions

    @OptionGroup(title: "On a node")
    var wait: WaitOptions

    func validate() throws {
        if let digest, Digest(hex: digest) == nil {
            throw ValidationError("--digest takes 64 hexadecimal digits, found \"\(digest)\"")
        }
        if let diskRate, diskRate <= 0 {
            throw ValidationError("--disk-rate takes a positive number, found \(diskRate)")
        }
        if node.drain, !reboot.reboot {
            throw ValidationError("--drain goes with --reboot")
        }
        if (source == nil) != node.attach {
            throw ValidationError(
                node.attach
                    ? "--attach watches what runs and takes no SOURCE"
                    : "say the SOURCE of the release, or --attach"
            )
        }
    }

    func run() async throws {
        guard options.isLocal else { return try await NodeUpgrade(self).run() }
        if let option = foreign {
            throw end(.setup(.notHere(option: option, command: "upgrade", isRemote: false)))
        }
        try osctl.run(options, writing: !dryRun, bytesPerSecond: diskRate) {
            (bench) throws(CommandError) in
            try DiskUpgrade(self, source ?? "-").run(bench)
        }
    }

    /// The first option that makes no sense on a disk.
    private var foreign: String? {
        if node.attach { return "--attach" }
        if reboot.reboot { return "--reboot" }
        if reboot.requestId != nil { return "--request-id" }
        if node.notBefore != nil { return "--not-before" }
        if node.sourceCa != nil { return "--source-ca" }
        return node.drain ? "--drain" : nil
    }
}

/// What only a node can do.
struct NodeUpgradeOptions: ParsableArguments {
    @Flag(help: "Watch the upgrade that runs, start none")
    var attach = false

    @Flag(help: "Cordon the node and move its pods away before the restart; goes with --reboot")
    var drain = false

    @Option(help: ArgumentHelp("Wait this long for pods (10m)", valueName: "time"))
    var drainTimeout: Stretch?

    @Flag(help: "Restart although pods are left")
    var drainForce = false

    @Option(
        help: ArgumentHelp("Begin then: 2026-11-21T02:00:00Z, or 2h from now", valueName: "time")
    )
    var notBefore: Instant?

    @Option(
        help: ArgumentHelp("Believe the release's server if signed by these", valueName: "file"),
        completion: .file()
    )
    var sourceCa: String?

    func validate() throws {
        if !drain, drainTimeout != nil || drainForce {
            throw ValidationError("--drain-timeout and --drain-force go with --drain")
        }
    }
}
