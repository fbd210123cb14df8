import ArgumentParser

/// Which nodes, how they are known, and who asks.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Use this context instead of the current one", valueName: "name"),
        completion: .contexts
    )
    var context: String?

    @Option(
        name: [.customShort("e"), .long],
        help: ArgumentHelp("Ask this node; the port is 50051 unless said", valueName: "host:port")
    )
    var endpoint: String?

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("Ask these nodes at once", valueName: "a,b,c")
    )
    var nodes: String?

    @Option(
        help: ArgumentHelp(
            "Trust the node whose key has this SHA-256, and remember",
            valueName: "hex"
        )
    )
    var fingerprint: String?

    @Option(
        help: ArgumentHelp(
            "Trust nodes signed by these, in PEM; with --disk: servers of releases",
            valueName: "file"
        ),
        completion: .file()
    )
    var ca: String?

    @Option(
        help: ArgumentHelp("Show this client certificate, in PEM", valueName: "file"),
        completion: .file()
    )
    var cert: String?

    @Option(
        help: ArgumentHelp("Use this key for --cert, in PEM", valueName: "file"),
        completion: .file()
    )
    var key: String?

    @Option(
        help: ArgumentHelp("Show the client certificate of its current user", valueName: "file"),
        completion: .file()
    )
    var kubeconfig: String?
}

/// A disk of this machine, and what is believed about it.
struct BenchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Work on this disk or image file", valueName: "disk"),
        completion: .file()
    )
    var disk: String?

    @Option(
        help: ArgumentHelp("Believe the keys and policy in this folder", valueName: "dir"),
        completion: .directory
    )
    var trust: String?

    @Option(
        help: ArgumentHelp("Keep the history in this folder", valueName: "dir"),
        completion: .directory
    )
    var state: String?
}

/// What a command on a workbench works on.
struct Place {
    let disk: String
    let trust: String
    let state: String?
}
