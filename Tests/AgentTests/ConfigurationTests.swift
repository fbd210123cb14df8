import API
import InitLink
import Slots
import Testing

@testable import Agent

@Suite("The configuration")
struct ConfigurationTests {
    let folder: TemporaryFolder
    let link = FakeInit()
    let now = Timestamp(seconds: 1_800_000_000)

    init() throws { folder = try TemporaryFolder() }

    private var store: ConfigStore { ConfigStore(state: folder.state) }

    private func configuration() throws -> Configuration {
        try Configuration(store: store, initLink: link, logger: TestNode.quiet)
    }

    private func config(_ name: String, attempts: UInt32 = 0) -> Keel_V1_NodeConfig {
        .with {
            $0.version = 1
            $0.hostname = name
            $0.trial.attempts = attempts
        }
    }

    private func refusal(_ body: () async throws(CallFailure) -> Void) async throws -> CallFailure {
        do throws(CallFailure) { try await body() } catch { return error }
        throw OperationsTests.Missing()
    }

    private func attempt(
        _ configuration: Configuration,
        _ config: Keel_V1_NodeConfig,
        by subject: String = "CN=ada",
        seconds: UInt32 = 60,
        expected: UInt64 = 0
    ) async throws(CallFailure) -> [String] {
        try await configuration.attempt(
            config,
            by: subject,
            seconds: seconds,
            expected: expected,
            now: now
        )
    }

    @Test("a dry run shows each field that differs and changes nothing")
    func dryRun() async throws {
        let configuration = try configuration()
        var config = config("node-7", attempts: 2)
        config.links = [
            .with {
                $0.match = "eth0"
                $0.static.addresses = ["10.0.0.7/24"]
                $0.static.gateways = ["10.0.0.1"]
            }
        ]
        config.kubelet.labels = ["b": "2", "a": "1"]
        #expect(
            try await configuration.dryRun(config) == [
                "hostname: (default) -> node-7",
                "kubelet.labels: (default) -> a=1,b=2",
                "trial.attempts: (default) -> 2",
                "links[0].match: (default) -> eth0",
                "links[0].method: (default) -> static",
                "links[0].static.addresses: (default) -> 10.0.0.7/24",
                "links[0].static.gateways: (default) -> 10.0.0.1",
            ]
        )
        #expect(await configuration.state.pending == nil)
        #expect(link.applied.isEmpty)
    }

    @Test("a try is applied at once and kept when the same client confirms it")
    func confirms() async throws {
        let configuration = try configuration()
        #expect(
            try await attempt(configuration, config("new", attempts: 1))
                == ["hostname: (default) -> new", "trial.attempts: (default) -> 1"]
        )
        let pending = try #require(await configuration.state.pending)
        #expect(pending.deadline == Int64(now.seconds) + 60 && pending.startedBy == "CN=ada")
        #expect(link.applied.map(\.hostName) == ["new"])
        #expect(await configuration.attempts == 1)
        let stranger = try await refusal { () throws(CallFailure) in
            try await configuration.confirm(pending.id, by: "CN=bob", now: now)
        }
        #expect(stranger.detail.reason == .configTry)
        let wrong = try await refusal { () throws(CallFailure) in
            try await configuration.confirm("other", by: "CN=ada", now: now)
        }
        #expect(wrong.detail.reason == .configTry)
        try await configuration.confirm(pending.id, by: "CN=ada", now: now)
        #expect(await configuration.state.kept.generation == 1)
        #expect(await configuration.state.pending == nil)
        #expect(try store.current().config.hostname == "new")
        #expect(try store.pending() == nil)
    }

    @Test("a try that nobody confirms goes back at its deadline")
    func expires() async throws {
        let configuration = try configuration()
        let base = Timestamp.now
        // The shortest try; its time began when the deadline was written, 29 seconds ago.
        _ = try await configuration.attempt(
            config("new"),
            by: "CN=ada",
            seconds: 30,
            expected: 0,
            now: base
        )
        let pending = try #require(await configuration.state.pending)
        let late = Timestamp(seconds: Int(pending.deadline))
        let failure = try await refusal { () throws(CallFailure) in
            try await configuration.confirm(pending.id, by: "CN=ada", now: late)
        }
        #expect(failure.detail.reason == .configTry)
        // The next start finds the deadline behind it.
        let next = try self.configuration()
        await next.begin(now: late)
        #expect(await next.state.pending == nil)
        #expect(try store.pending() == nil)
        #expect(await next.state.kept.config.hostname.isEmpty)
    }

    @Test(
        "a try whose time is not over is applied again by the next start, then goes back by itself"
    )
    func restarts() async throws {
        _ = try await attempt(try configuration(), config("new"))
        let next = try configuration()
        let pending = try #require(await next.state.pending)
        await next.begin(now: Timestamp(seconds: Int(pending.deadline) - 1))
        #expect(link.applied.map(\.hostName) == ["new", "new"])
        for _ in 0..<400 where await next.state.pending != nil {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(await next.state.pending == nil)
        for _ in 0..<100 where link.applied.count < 3 {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(link.applied.last?.hostName == nil)
    }

    @Test("a confirmation that was cut off between its two writes holds")
    func halfConfirmed() async throws {
        let first = try configuration()
        _ = try await attempt(first, config("new"))
        let pending = try #require(try store.pending())
        try await first.confirm(pending.id, by: "CN=ada", now: now)
        try store.keep(pending)
        let next = try configuration()
        await next.begin(now: now)
        #expect(await next.state.pending == nil)
        #expect(await next.state.kept.config.hostname == "new")
        #expect(link.applied.last?.hostName == "new")
    }

    @Test("a client can go back before the deadline")
    func reverts() async throws {
        let configuration = try configuration()
        _ = try await attempt(configuration, config("new"))
        let id = try #require(await configuration.state.pending).id
        try await configuration.revert(id, now: now)
        #expect(await configuration.state.pending == nil)
        #expect(link.applied.map(\.hostName) == ["new", nil])
        #expect(await configuration.state.kept.generation == 0)
    }

    @Test("while a try waits another one is refused, and so is another generation")
    func refuses() async throws {
        let configuration = try configuration()
        let stale = try await refusal { () throws(CallFailure) in
            _ = try await attempt(configuration, config("new"), expected: 7)
        }
        #expect(stale.detail.reason == .configTry)
        for seconds in [1, 29, 3601] as [UInt32] {
            let failure = try await refusal { () throws(CallFailure) in
                _ = try await attempt(configuration, config("new"), seconds: seconds)
            }
            #expect(failure.detail.reason == .badRequest)
        }
        _ = try await attempt(configuration, config("new"))
        let second = try await refusal { () throws(CallFailure) in
            _ = try await attempt(configuration, config("other"), by: "CN=bob")
        }
        #expect(second.detail.reason == .configTry)
        #expect(second.detail.sentence.contains("CN=ada"))
    }

    @Test("settings that the machine does not take leave no try behind")
    func notTaken() async throws {
        let configuration = try configuration()
        link.state.withLock { $0.refusesSettings = true }
        let failure = try await refusal { () throws(CallFailure) in
            _ = try await attempt(configuration, config("new"))
        }
        #expect(failure.detail.reason == .noInit)
        #expect(await configuration.state.pending == nil)
        #expect(try store.pending() == nil)
    }

    @Test("two probes of one name, and an interface or a registry twice, are refused")
    func notDone() async throws {
        let configuration = try configuration()
        for names in [["disk"], ["shop", "shop"]] {
            var probes = config("new")
            probes.health.probes = names.map { name in
                .with {
                    $0.name = name
                    $0.url = "http://127.0.0.1:80/"
                }
            }
            let failure = try await refusal { () throws(CallFailure) in
                _ = try await configuration.dryRun(probes)
            }
            #expect(failure.detail.reason == .badRequest)
            #expect(failure.sentence.contains("the name \(names[0]), which another check has"))
        }
        var twice = config("new")
        twice.links = ["eth0", "ETH0"].map { name in .with { $0.match = name } }
        let double = try await refusal { () throws(CallFailure) in
            _ = try await configuration.dryRun(twice)
        }
        #expect(double.detail.reason == .badRequest)
        var mirrors = config("new")
        mirrors.registryMirrors = ["quay.io", "Quay.io"].map { host in
            .with { $0.registry = host }
        }
        let same = try await refusal { () throws(CallFailure) in
            _ = try await configuration.dryRun(mirrors)
        }
        #expect(same.sentence.contains("registry_mirrors names a registry twice"))
    }
}
