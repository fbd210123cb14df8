import API
import ArgumentParser
import Slots
import SlotsDisk
import SlotsLayout
import Trust

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell how far the last boots came, and what failed",
        discussion: """
            From the black box that each boot writes while it runs, whichever slot it is. With \
            --disk it is read from the disk of a node that is dead.

            EXAMPLE: osctl --endpoint 10.0.0.7 explain --boots 5
            """
    )

    @ParentCommand var options: Osctl

    @Option(help: ArgumentHelp("Tell of this many boots, at most 16", valueName: "count"))
    var boots: UInt32 = 3

    @Option(help: ArgumentHelp("Show this many lines of each, at most 1000", valueName: "count"))
    var lines: UInt32 = 20

    func validate() throws {
        guard (1...16).contains(boots) else { throw ValidationError("--boots is 1 to 16.") }
        guard (1...1000).contains(lines) else { throw ValidationError("--lines is 1 to 1000.") }
    }

    func run() async throws {
        guard !options.isLocal else {
            return try osctl.run(options, writing: false) { (bench) throws(CommandError) in
                let response = try read(bench)
                return options.format == .json ? response.json : ExplainReport(response).text
            }
        }
        let request = Keel_V1_ExplainRequest.with {
            $0.boots = boots
            $0.lines = lines
        }
        try await ask(options, "explain") { (client) throws(CallFailure) in
            try await client.explain(request, timeout: NodeSession.patience)
        } show: {
            .text(ExplainReport($0).text)
        }
    }

    private func read(_ bench: Workbench) throws(CommandError) -> Keel_V1_ExplainResponse {
        let accounts: [BlackBoxRing.Account]
        do {
            let path = bench.disk.disk.path
            accounts = try BlackBoxRing.accounts(onDisk: path, hashing: OpenSSLHashing())
        } catch {
            throw .node(error)
        }
        let node = try? bench.disk.node()
        return Keel_V1_ExplainResponse.with { response in
            response.remarks = node?.neverBegun(among: accounts.map(\.entry)) ?? []
            response.boots = accounts.prefix(Int(boots)).map { account in
                Keel_V1_BootAccount(
                    account.entry,
                    text: account.text,
                    lineCount: Int(lines),
                    currentBoot: ""
                )
            }
        }
    }
}
