import API
import ArgumentParser

struct Bootstrap: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a node its client CA and its cluster",
        discussion: """
            One of four ways: --api-server, --token and --ca-cert; --api-server, --token and \
            --ca-cert-hash, where the CA comes from the cluster itself; --from-kubeconfig; or \
            --client-ca alone, for a node without a cluster. Safe to repeat: what it says \
            replaces what was there. From then on only clients of that CA are let in.

            EXAMPLE: osctl --endpoint 10.0.0.7:50051 bootstrap --api-server https://10.0.0.2:6443 \
            --token abcdef.0123456789abcdef --ca-cert ca.crt
            """
    )

    @ParentCommand var options: Osctl

    @OptionGroup(title: "The way")
    var way: BootstrapWay

    @Option(help: ArgumentHelp("The secret the node's disk was made with", valueName: "secret"))
    var joinSecret: String?

    @Option(
        help: ArgumentHelp("As --join-secret, from a file", valueName: "file"),
        completion: .file()
    )
    var joinSecretFile: String?

    @Option(
        help: ArgumentHelp("Kubernetes node name; its host name unless said", valueName: "name")
    )
    var nodeName: String?

    @Option(help: ArgumentHelp("Labels of the node", valueName: "key=value,..."))
    var labels: [String] = []

    @Option(help: ArgumentHelp("Taints of the node", valueName: "key=value:effect,..."))
    var taints: [String] = []

    @Flag(help: "Stay until the node waits for nothing more")
    var wait = false

    @Option(help: ArgumentHelp("Stay this long at most: 90s, 10m, 2h", valueName: "time"))
    var timeout = Stretch(seconds: 600)

    func run() async throws {
        let request: Keel_V1_BootstrapRequest
        do { request = try BootstrapWords(self).request() } catch { throw end(error) }
        let fleet = try await fleet(options, "bootstrap", changes: true)
        if nodeName != nil, fleet.members.count > 1 {
            let count = fleet.members.count
            throw end(.setup(.oneNodeOnly(option: "--node-name", count: count)))
        }
        let (waits, limit) = (wait, timeout.duration)
        let answers = Answers(
            await fleet.ask { (session) throws(CommandError) in
                let response = try await session.call { (client) throws(CallFailure) in
                    try await client.bootstrap(request, timeout: .seconds(120))
                }
                await DoorWait.run(session)
                // A node of a cluster has its certificate from there, sooner or later.
                let later =
                    response.apiServer.isEmpty
                    ? try session.anew() : try session.joined(Array(response.clientCa.utf8))
                defer { later.close() }
                if waits { try await BootstrapWait(later, timeout: limit).run() }
                return response
            }
        )
        let text =
            options.format == .json
            ? answers.json(\.json) : answers.table { .text(BootstrapWords.sentence($0)) }
        if !text.isEmpty { print(text) }
        try end(answers)
    }
}

/// How the node gets its client CA.
struct BootstrapWay: ParsableArguments {
    @Option(help: ArgumentHelp("The cluster's API server", valueName: "https://host:port"))
    var apiServer: String?

    @Option(
        help: ArgumentHelp("Bootstrap token (id.secret) or service account JWT", valueName: "token")
    )
    var token: String?

    @Option(
        help: ArgumentHelp("As --token, from a file", valueName: "file"),
        completion: .file()
    )
    var tokenFile: String?

    @Option(
        help: ArgumentHelp("The cluster's CA, in PEM; also the client CA", valueName: "file"),
        completion: .file()
    )
    var caCert: String?

    @Option(
        help: ArgumentHelp("SHA-256 of the CA's public key; may repeat", valueName: "sha256:hex")
    )
    var caCertHash: [String] = []

    @Option(
        help: ArgumentHelp("Everything from this kubeconfig", valueName: "file"),
        completion: .file()
    )
    var fromKubeconfig: String?

    @Option(help: ArgumentHelp("Its context; the current one unless said", valueName: "name"))
    var kubeconfigContext: String?

    @Option(
        help: ArgumentHelp("No cluster: clients of this CA, in PEM", valueName: "file"),
        completion: .file()
    )
    var clientCa: String?

    func validate() throws {
        let ways = [fromKubeconfig != nil, clientCa != nil, apiServer != nil].count { $0 }
        guard ways == 1 else {
            throw ValidationError(
                "say one of --api-server, --from-kubeconfig and --client-ca, found \(ways)"
            )
        }
        if apiServer != nil {
            guard (token == nil) != (tokenFile == nil) else {
                throw ValidationError("--api-server goes with one of --token and --token-file")
            }
            guard (caCert == nil) != caCertHash.isEmpty else {
                throw ValidationError("--api-server goes with one of --ca-cert and --ca-cert-hash")
            }
        } else if token != nil || tokenFile != nil || caCert != nil || !caCertHash.isEmpty {
            throw ValidationError("--token, --ca-cert and --ca-cert-hash go with --api-server")
        }
        if kubeconfigContext != nil, fromKubeconfig == nil {
            throw ValidationError("--kubeconfig-context goes with --from-kubeconfig")
        }
    }
}

struct BootstrapStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bootstrap-status",
        abstract: "Show how far a node is on its way into a cluster",
        discussion: "EXAMPLE: osctl -n 10.0.0.7 bootstrap-status"
    )

    @ParentCommand var options: Osctl

    func run() async throws {
        try await ask(options, "bootstrap-status") { (client) throws(CallFailure) in
            try await client.getBootstrapStatus(.init(), timeout: NodeSession.patience)
        } show: {
            .rows(head: BootstrapWords.head, [BootstrapWords.row($0)])
        }
    }
}
