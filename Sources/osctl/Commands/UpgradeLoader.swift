import API
import ArgumentParser

struct UpgradeLoader: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade-loader",
        abstract: "Replace the boot loader by the running slot's",
        discussion: """
            The new loader is written beside the old one, read back, and takes over in one write \
            of one sector. Only from a trusted slot, and only the loader that its release signs.

            EXAMPLE: osctl -n 10.0.0.7 upgrade-loader
            """
    )

    @ParentCommand var options: Osctl

    @Option(
        help: ArgumentHelp("Take it from this file (of the node) instead", valueName: "file"),
        completion: .file()
    )
    var loader: String?

    @OptionGroup(title: "On a node")
    var wait: WaitOptions

    func run() async throws {
        let file = loader
        guard options.isLocal else { return try await upgradeNodes() }
        try osctl.run(options, writing: true) { (bench) throws(CommandError) in
            try bench.upgradeLoader(from: file)
        }
    }

    private func upgradeNodes() async throws {
        var request = Keel_V1_UpgradeLoaderRequest()
        request.path = loader ?? ""
        try await operate(options, "upgrade-loader", wait, .none, request) {
            (client, request, id) throws(CallFailure) in
            var request = request
            request.requestID = id
            return try await client.upgradeLoader(request, timeout: NodeSession.patience).operation
        }
    }
}

extension RebootOptions {
    /// For what needs no restart.
    static var none: RebootOptions {
        var options = RebootOptions()
        options.reboot = false
        options.requestId = nil
        return options
    }
}
