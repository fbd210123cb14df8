import API
import ArgumentParser
import Foundation
import Slots
import Testing

@testable import osctl

@Suite("From words to requests")
struct RequestTests {
    private func command<Command: ParsableCommand>(
        _ type: Command.Type,
        _ words: String...
    ) throws -> Command {
        try #require(try Osctl.parseAsRoot(words) as? Command)
    }

    private func upgrade(_ words: String...) throws -> Keel_V1_UpgradeRequest {
        let parsed = try Osctl.parseAsRoot(["-n", "a", "upgrade"] + words)
        return try NodeUpgrade(try #require(parsed as? Upgrade)).request()
    }

    private func code(_ words: String...) -> Int32 {
        do {
            _ = try Osctl.parseAsRoot(words)
            return 0
        } catch {
            return Osctl.exitCode(for: error).rawValue
        }
    }

    @Test("the options of every command may stand before or after it")
    func order() throws {
        let before = try command(Upgrade.self, "-n", "a", "-o", "json", "upgrade", "https://h/r")
        let after = try command(
            Upgrade.self,
            "upgrade",
            "https://h/r",
            "--nodes",
            "a",
            "--output=json"
        )
        #expect(before.options.nodeOptions == after.options.nodeOptions)
        #expect(after.options.format == .json)
        let nested = try command(CancelOperation.self, "operations", "cancel", "x", "-n", "b")
        #expect(nested.options.nodeOptions.nodes == "b")
        #expect(
            try command(ListOperations.self, "operations", "-n", "c").options.nodeOptions.nodes
                == "c"
        )
    }

    @Test("every option of an upgrade comes into the request")
    func everything() throws {
        let request = try upgrade(
            "https://h/r.keel",
            "--digest",
            String(repeating: "AB", count: 32),
            "--stage",
            "--reboot",
            "--drain",
            "--drain-timeout",
            "5m",
            "--drain-force",
            "--not-before",
            "2026-11-21T00:00:00Z",
            "--rate",
            "1000",
            "--disk-rate",
            "2000",
            "--allow-downgrade",
            "--retry-quarantined",
            "--no-reuse",
            "--dry-run",
            "--request-id",
            "my-request.1"
        )
        #expect(request.source == "https://h/r.keel")
        #expect(request.digest == String(repeating: "ab", count: 32))
        #expect(request.stageOnly && request.allowDowngrade && request.retryQuarantined)
        #expect(request.noReuse && request.dryRun && request.reboot == .now)
        #expect(request.drain.enabled && request.drain.timeout == 300 && request.drain.force)
        #expect(request.notBefore == 1_795_219_200)
        #expect(request.fetchRate == 1000 && request.diskRate == 2000)
        #expect(request.requestID == "my-request.1")
    }

    @Test("nothing restarts unasked, and each request has a name of its own")
    func defaults() throws {
        let one = try upgrade("/srv/r.keel")
        let two = try upgrade("/srv/r.keel")
        #expect(one.reboot == .none)
        #expect(one.requestID.count == 32)
        #expect(one.requestID != two.requestID)
    }

    @Test(
        "what a node cannot do is refused before it is asked",
        arguments: [
            ["r.keel"], ["-"], ["https://h/r", "--proxy", "http://p"],
            ["https://h/r", "--retries", "1"], ["https://h/r", "--no-read-back"],
            ["ftp://h/r"],
        ]
    )
    func foreign(words: [String]) throws {
        let parsed = try Osctl.parseAsRoot(["-n", "a", "upgrade"] + words)
        let command = try #require(parsed as? Upgrade)
        let error = #expect(throws: CommandError.self) { try NodeUpgrade(command).request() }
        #expect(error?.kind == .usage)
    }

    @Test(
        "wrong words end with 64",
        arguments: [
            ["upgrade"], ["upgrade", "--attach", "x"], ["upgrade", "x", "--drain-force"],
            ["upgrade", "x", "--drain"], ["reset"],
            ["upgrade", "x", "--request-id", "short"], ["upgrade", "x", "--timeout", "0"],
            ["upgrade", "x", "--not-before", "soon"], ["upgrade", "x", "--digest", "12"],
            ["confirm", "--slot", "c"], ["logs"], ["logs", "a", "--level", "loud"], ["nothing"],
            ["config", "apply", "f", "--try-time", "5s"], ["bootstrap"],
            ["bootstrap", "--api-server", "https://a", "--token", "t"],
            ["bootstrap", "--client-ca", "f", "--token", "t"],
            ["bootstrap", "--client-ca", "f", "--from-kubeconfig", "k"],
            ["status", "--output", "xml"], ["completion", "tcsh"],
        ]
    )
    func usage(words: [String]) {
        var code: Int32 = 0
        do { _ = try Osctl.parseAsRoot(words) } catch { code = Osctl.exitCode(for: error).rawValue }
        #expect(code == 64)
    }

    @Test("the same upgrade is known by its source without secrets, and by its digest")
    func same() throws {
        let bare = NodeUpgrade.bare("https://user:word@h:1/a/b?token=x#y")
        #expect(bare == "https://h:1/a/b")
        #expect(NodeUpgrade.bare("/srv/a@b?c") == "/srv/a@b?c")
        var request = try upgrade("https://u:p@h/r?x=1")
        var operation = Keel_V1_Operation()
        operation.kind = .upgrade
        operation.source = "https://h/r"
        #expect(NodeUpgrade.isSame(operation, request))
        operation.digest = "aa"
        request.digest = "bb"
        #expect(!NodeUpgrade.isSame(operation, request))
        request.digest = "aa"
        #expect(NodeUpgrade.isSame(operation, request))
        operation.kind = .rollback
        #expect(!NodeUpgrade.isSame(operation, request))
    }

    @Test("a bootstrap by token and CA hash carries labels and taints")
    func bootstrap() throws {
        let parsed = try command(
            Bootstrap.self,
            "bootstrap",
            "--api-server",
            "https://a:6443",
            "--token",
            "abcdef.0123456789abcdef",
            "--ca-cert-hash",
            "sha256:00",
            "--labels",
            "a=1, b=2=3",
            "--taints",
            "k=v:NoSchedule",
            "--node-name",
            "n1",
            "--join-secret",
            "s"
        )
        let request = try BootstrapWords(parsed).request()
        #expect(request.tokenWithHash.apiServer == "https://a:6443")
        #expect(request.tokenWithHash.caHashes == ["sha256:00"])
        #expect(request.labels == ["a": "1", "b": "2=3"])
        #expect(request.taints == ["k=v:NoSchedule"])
        #expect(request.nodeName == "n1" && request.joinSecret == "s")
    }

    @Test("a bootstrap by files reads them, and refuses what is not PEM")
    func bootstrapFiles() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("osctl-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
        try pem.write(toFile: folder + "/ca.crt", atomically: false, encoding: .utf8)
        try "  a.b.c\n".write(toFile: folder + "/token", atomically: false, encoding: .utf8)
        let whole = try command(
            Bootstrap.self,
            "bootstrap",
            "--api-server",
            "https://a",
            "--token-file",
            folder + "/token",
            "--ca-cert",
            folder + "/ca.crt"
        )
        let request = try BootstrapWords(whole).request()
        #expect(request.tokenWithCa.token == "a.b.c")
        #expect(request.tokenWithCa.ca == pem)
        let alone = try command(Bootstrap.self, "bootstrap", "--client-ca", folder + "/ca.crt")
        #expect(try BootstrapWords(alone).request().clientCa.ca == pem)
        let wrong = try command(Bootstrap.self, "bootstrap", "--client-ca", folder + "/token")
        #expect(throws: CommandError.self) { try BootstrapWords(wrong).request() }
    }

    @Test("a token does not travel to an API server in the clear")
    func clear() throws {
        let parsed = try command(
            Bootstrap.self,
            "bootstrap",
            "--api-server",
            "http://a:6443",
            "--token",
            "t",
            "--ca-cert-hash",
            "sha256:00"
        )
        let error = #expect(throws: CommandError.self) { try BootstrapWords(parsed).request() }
        #expect(error?.sentence.contains("https://a:6443") == true)
    }

    @Test("logs are asked for from a moment, counted back, and from a level on")
    func logs() throws {
        let now = Timestamp(seconds: 1_000_000)
        let parsed = try command(
            Logs.self,
            "logs",
            "kubelet",
            "-f",
            "--since",
            "10m",
            "--level",
            "warning",
            "--tail",
            "5"
        )
        let request = parsed.request(now: now)
        #expect(request.service == "kubelet" && request.follow && request.tail == 5)
        #expect(request.since == 999_400 && request.level == .warning)
    }
}
