import API
import InitLink
import Slots
import Syscalls
import Testing

@testable import Agent

@Suite("The RPCs", .serialized)
struct ServiceTests {
    let test: TestDaemon
    let daemon: Daemon
    let admin: NodeClient

    init() async throws {
        test = try TestDaemon()
        daemon = try await test.start()
        try await test.bootstrap(daemon)
        admin = try test.client(daemon, test.credentials("keelos:admin"))
    }

    private func end() async {
        admin.close()
        await daemon.stop()
    }

    private func upgrade(_ version: String) async throws -> Keel_V1_Operation {
        let source = try test.node.bundle(try TestRelease(version), name: "\(version).keel")
        let started = try await admin.upgrade(
            .with { $0.source = source },
            timeout: .patience
        ).operation
        var last = started
        try await admin.watchOperation(.with { $0.id = started.id }, timeout: .seconds(30)) {
            last = $0.operation
        }
        return last
    }

    @Test("an upgrade goes from request to confirmed slot, and back")
    func life() async throws {
        let ended = try await upgrade("2.0.0")
        #expect(ended.state == .succeeded, "\(ended.error.sentence)")
        let status = try await admin.getStatus(.init(), timeout: .patience)
        #expect(
            status.next == "b" && status.slots[1].grant == "trial" && status.slots[1].attempts == 3
        )
        #expect(status.slots[1].version == "2.0.0" && status.standing == .onTrial)
        let confirmed = try await admin.confirm(.init(), timeout: .patience)
        #expect(confirmed.slot == "b" && confirmed.version == "2.0.0" && !confirmed.unchanged)
        #expect(try await admin.confirm(.init(), timeout: .patience).unchanged)
        let back = try await admin.rollback(.init(), timeout: .patience).operation
        var last = back
        try await admin.watchOperation(.with { $0.id = back.id }, timeout: .seconds(30)) {
            last = $0.operation
        }
        #expect(last.state == .succeeded && last.outcome.contains("Slot a is armed."))
        let history = try await admin.getHistory(.init(), timeout: .patience).entries
        #expect(history.map(\.event) == ["install", "activate", "confirm", "rollback"])
        #expect(
            try await admin.getHistory(.with { $0.limit = 1 }, timeout: .patience).entries
                .map(\.event) == ["rollback"]
        )
        let operations = try await admin.listOperations(.init(), timeout: .patience).operations
        #expect(operations.map(\.kind) == [.rollback, .upgrade])
        await end()
    }

    @Test("a trial tells which checks it waits for")
    func waiting() async throws {
        _ = try await upgrade("2.0.0")
        let good = try await admin.getStatus(.init(), timeout: .patience)
        #expect(good.standing == .onTrial && good.trial.waitingFor.isEmpty)
        // Where the check writes its file there is a folder now.
        try Directory.create(test.node.state.path + "/health")
        let bad = try await admin.getStatus(.init(), timeout: .patience)
        #expect(bad.trial.waitingFor == ["state"])
        #expect(!(try await admin.getHealth(.init(), timeout: .patience)).healthy)
        await end()
    }

    @Test("a time that is too late to be written is later than every line")
    func since() {
        #expect(AgentService.nanoseconds(2) == 2_000_000_000)
        #expect(AgentService.nanoseconds(.max) == .max)
        #expect(AgentService.nanoseconds(9_223_372_037) == .max)
    }

    @Test("what cannot be done is refused before it begins")
    func refusals() async throws {
        let drain = try await failure { () async throws(CallFailure) in
            try await admin.upgrade(
                .with {
                    $0.source = "/x"
                    $0.drain.enabled = true
                },
                timeout: .patience
            )
        }
        #expect(drain.detail.reason == .badRequest)
        let alone = try await failure { () async throws(CallFailure) in
            try await admin.upgrade(
                .with {
                    $0.source = "/x"
                    $0.drain.enabled = true
                    $0.reboot = .now
                },
                timeout: .patience
            )
        }
        #expect(alone.detail.reason == .nothingToDo)
        #expect(alone.sentence.contains("no pods to move away"))
        let source = try await failure { () async throws(CallFailure) in
            try await admin.upgrade(.with { $0.source = "-" }, timeout: .patience)
        }
        #expect(source.detail.reason == .badRequest)
        let off = try await failure { () async throws(CallFailure) in
            try await admin.shutdown(.init(), timeout: .patience)
        }
        #expect(off.detail.reason == .noInit && off.code == .unimplemented)
        let leaving = try await failure { () async throws(CallFailure) in
            try await admin.leaveCluster(.init(), timeout: .patience)
        }
        #expect(leaving.detail.reason == .nothingToDo)
        #expect(leaving.sentence.contains("belongs to no cluster"))
        #expect(try await admin.listOperations(.init(), timeout: .patience).operations.isEmpty)
        await end()
    }

    @Test("a reboot goes to the first process with its reason, and the answer names the boot")
    func reboots() async throws {
        let response = try await admin.reboot(.with { $0.reason = "kernel" }, timeout: .patience)
        #expect(response.bootID == HostFacts().bootID)
        #expect(test.link.reboots.count == 1)
        #expect(test.link.reboots.first?.hasPrefix("kernel (asked by ") == true)
        await end()
    }

    @Test("services are listed and restarted, and an unknown one is not found")
    func services() async throws {
        let services = try await admin.listServices(.init(), timeout: .patience).services
        #expect(services.map(\.name) == ["agent", "kubelet"])
        #expect(services.map(\.state) == ["running", "waiting"])
        let restarted = try await admin.restartService(
            .with { $0.name = "kubelet" },
            timeout: .patience
        ).service
        #expect(restarted.state == "starting" && restarted.lastExit == "signal 15")
        let unknown = try await failure { () async throws(CallFailure) in
            try await admin.restartService(.with { $0.name = "sshd" }, timeout: .patience)
        }
        #expect(unknown.detail.reason == .notFound)
        // A bootstrap asked for the kubelet as well.
        #expect(test.link.state.withLock { $0.restarted } == ["kubelet", "kubelet"])
        await end()
    }

    @Test("the health gate's checks are made now, over the agent's own port among others")
    func health() async throws {
        let health = try await admin.getHealth(.init(), timeout: .patience)
        #expect(health.checks.map(\.name) == ["agent", "disk", "state", "clock"])
        let failing = health.checks.filter { !$0.passed }
        #expect(failing.isEmpty, "\(failing.map(\.sentence))")
        #expect(health.healthy)
        try File.rename(test.node.place.disk, to: test.node.place.disk + ".away")
        let ill = try await admin.getHealth(.init(), timeout: .patience)
        #expect(!ill.healthy && ill.checks.filter { !$0.passed }.map(\.name) == ["disk"])
        let status = try await admin.getStatus(.init(), timeout: .patience)
        #expect(status.version.isEmpty && !status.warnings.isEmpty)
        await end()
    }

    @Test("containerd must run, and say itself that it is ready")
    func containerd() async throws {
        let none = "the container runtime cannot be reached on /run/containerd/containerd.sock."
        for (condition, sentence) in [
            (ServiceState.Condition.failed, "containerd is failed, ended last with exit 1."),
            (.running, "containerd runs, and \(none)"),
        ] {
            test.link.state.withLock {
                $0.services = [
                    ServiceState(name: "containerd", condition: condition, lastExit: "exit 1")
                ]
            }
            let health = try await admin.getHealth(.init(), timeout: .patience)
            let check = try #require(health.checks.first { $0.name == "containerd" })
            #expect(!check.passed && check.sentence == sentence && !health.healthy)
        }
        await end()
    }

    @Test("logs come by level and number, and go on as lines come")
    func logs() async throws {
        for number in 0..<5 {
            test.link.ring.append(
                LogLine(time: Int64(number), level: number == 3 ? .error : .info, "line \(number)")
            )
        }
        var lines: [String] = []
        try await admin.streamLogs(
            .with {
                $0.service = "agent"
                $0.tail = 2
            },
            timeout: .patience
        ) { response in
            lines += response.lines.map { String(decoding: $0.text, as: UTF8.self) }
        }
        #expect(lines == ["line 3", "line 4"])
        var errors: [String] = []
        try await admin.streamLogs(
            .with {
                $0.service = "kernel"
                $0.level = .error
            },
            timeout: .patience
        ) { response in
            errors += response.lines.map { String(decoding: $0.text, as: UTF8.self) }
        }
        #expect(errors == ["line 3"])
        let ring = test.link.ring
        var followed: [String] = []
        let stopped = try await failure { () async throws(CallFailure) in
            try await admin.streamLogs(
                .with {
                    $0.service = "agent"
                    $0.follow = true
                    $0.tail = 1
                },
                timeout: .patience
            ) { (response) throws(CallFailure) in
                followed += response.lines.map { String(decoding: $0.text, as: UTF8.self) }
                if followed.count == 1 { ring.append(LogLine(time: 9, level: .info, "later")) }
                if followed.contains("later") { throw .cancelled }
            }
        }
        #expect(stopped.code == .cancelled)
        #expect(followed == ["line 4", "later"])
        let unknown = try await failure { () async throws(CallFailure) in
            try await admin.streamLogs(.with { $0.service = "sshd" }, timeout: .patience) { _ in }
        }
        #expect(unknown.detail.reason == .notFound)
        await end()
    }

    @Test("a configuration is tried, confirmed by the same client, and in force")
    func configuration() async throws {
        let config = Keel_V1_NodeConfig.with {
            $0.version = 1
            $0.hostname = "node-7"
            $0.trial.attempts = 1
        }
        let shown = try await admin.applyConfig(.with { $0.dryRun = config }, timeout: .patience)
        #expect(shown.diff.count == 2 && !shown.hasPending)
        let tried = try await admin.applyConfig(.with { $0.apply = config }, timeout: .patience)
        #expect(tried.hasPending && tried.generation == 0)
        let other = try test.client(daemon, test.credentials("keelos:admin", name: "bob"))
        let stranger = try await failure { () async throws(CallFailure) in
            try await other.applyConfig(.with { $0.confirm = tried.pending.id }, timeout: .patience)
        }
        #expect(stranger.detail.reason == .configTry)
        let kept = try await admin.applyConfig(
            .with { $0.confirm = tried.pending.id },
            timeout: .patience
        )
        #expect(kept.generation == 1 && !kept.hasPending)
        let now = try await admin.getConfig(.init(), timeout: .patience)
        #expect(now.config.hostname == "node-7" && now.generation == 1)
        #expect(test.link.applied.last?.hostName == "node-7")
        // The tries of the next release come from it.
        #expect(try await upgrade("2.0.0").outcome.contains("with 1 try left"))
        other.close()
        await end()
    }

    @Test("the support bundle is a tar.gz of what a helper needs, without any secret")
    func support() async throws {
        _ = try? await admin.upgrade(
            .with {
                $0.source = "https://ada:hunter2@127.0.0.1:1/x.keel?sig=s3cr3t"
                $0.bearerToken = "t0k3n-t0k3n"
            },
            timeout: .patience
        )
        test.link.ring.append(LogLine(time: 1, level: .info, "a line of the log"))
        var packed: [UInt8] = []
        try await admin.supportBundle(.init(), timeout: .seconds(30)) { response in
            packed += Array(response.data)
        }
        let path = try test.node.folder.write(packed, to: "support.tar.gz")
        func tar(_ arguments: String...) throws -> String {
            let outcome = try Spawn.run(
                "/usr/bin/tar",
                arguments,
                outputLimit: 16 << 20,
                timeout: .seconds(30)
            )
            #expect(outcome.end == .exited(code: 0))
            return String(decoding: outcome.output, as: UTF8.self)
        }
        let names = try tar("-tzf", path).split(separator: "\n").map(String.init)
        for name in [
            "status.json", "identity.json", "bootstrap.json", "health.json", "operations.json",
            "config.json", "history.json", "services.json", "processes.txt", "logs/kernel.txt",
            "logs/agent.txt",
        ] {
            #expect(names.contains("support/\(name)"), "\(name)")
        }
        let text = try tar("-xzOf", path)
        #expect(text.contains("a line of the log") && text.contains("boot_id"))
        let key = try #require(try test.node.state.read(Identity.keyFile, limit: 1 << 16))
        let keyLines = String(decoding: key, as: UTF8.self).split(separator: "\n").dropFirst()
        for secret in ["hunter2", "s3cr3t", "t0k3n", "PRIVATE KEY", String(keyLines.first ?? "-")] {
            #expect(!text.contains(secret), "\(secret)")
        }
        await end()
    }
}
