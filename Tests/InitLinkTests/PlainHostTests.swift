import Syscalls
import Testing

@testable import InitLink

/// A machine without our first process. What would change or end the machine runs in namespaces of
/// its own: this test program starts itself again there, for one test.
@Suite("Plain host")
struct PlainHostTests {
    private let ring = LogRing()

    private func host(allowsReboot: Bool = false) -> PlainHost {
        PlainHost(log: ring, started: 1000, allowsReboot: allowsReboot)
    }

    @Test("it names the agent alone, and restarts nothing")
    func services() throws {
        let agent = ServiceState(
            name: "agent",
            condition: .running,
            pid: CurrentProcess.number,
            since: 1000
        )
        #expect(try host().services() == [agent])
        #expect(throws: InitFailure.unsupported(.restart)) { try host().restart("agent") }
        #expect(throws: InitFailure.notFound(service: "kubelet")) { try host().restart("kubelet") }
        #expect(try host().trial() == nil)
    }

    @Test("the agent's log is its ring; other services have none")
    func logs() throws {
        ring.append(LogLine(time: 1, level: .info, "here"))
        #expect(try host().logs(LogQuery(service: "agent")).lines.map(\.time) == [1])
        #expect(throws: InitFailure.notFound(service: "init")) {
            try host().logs(LogQuery(service: "init"))
        }
        #expect(throws: InitFailure.invalid(.number(.logLimit, 0))) {
            try host().logs(LogQuery(service: "agent", limit: 0))
        }
    }

    @Test("it restarts and switches off nothing unless that was allowed")
    func notAllowed() {
        #expect(throws: InitFailure.unsupported(.reboot)) { try host().reboot(reason: "") }
        #expect(throws: InitFailure.unsupported(.powerOff)) { try host().powerOff(reason: "") }
    }

    @Test("network settings are refused whole, the host name with them")
    func settings() {
        let before = KernelNames.current.host
        #expect(throws: InitFailure.unsupported(.apply)) {
            try host().apply(NetworkSettings(hostName: "other", nameservers: ["9.9.9.9"]))
        }
        #expect(throws: InitFailure.invalid(.text(.hostName))) {
            try host().apply(NetworkSettings(hostName: "a b"))
        }
        #expect(KernelNames.current.host == before)
    }

    @Test("nothing to set, or the name it has, is set without asking the kernel")
    func nothing() throws {
        try host().apply(NetworkSettings())
        try host().apply(NetworkSettings(hostName: KernelNames.current.host))
    }

    @Test("the clock is the machine's")
    func clock() throws {
        let clock = try host().clock()
        #expect(abs(clock.now - WallTime.now.components.seconds) <= 1)
        #expect(clock.isSynchronised == MachineClock.isSynchronised)
    }

    @Test("the host name is set by system call", arguments: ["node-7.example"])
    func hostName(name: String) throws {
        guard Sandbox.isInside else {
            let end = try Sandbox.run(["--uts"], test: "hostName")
            #expect(end == .exited(code: 0))
            return
        }
        #expect(KernelNames.current.host != name)
        try host().apply(NetworkSettings(hostName: name))
        #expect(KernelNames.current.host == name)
    }

    @Test("restarting is the kernel's restart, as the end of a PID namespace shows")
    func reboot() throws {
        guard Sandbox.isInside else {
            let end = try Sandbox.run(["--fork", "--pid"], test: "reboot")
            // SIGHUP says restart: reboot(2), "Behavior inside PID namespaces".
            #expect(end == .killed(signal: 1))
            return
        }
        // Never on the machine itself.
        try #require(CurrentProcess.number == 1)
        try host(allowsReboot: true).reboot(reason: "a test")
    }

    @Test("switching off is the kernel's power off, as the end of a PID namespace shows")
    func powerOff() throws {
        guard Sandbox.isInside else {
            let end = try Sandbox.run(["--fork", "--pid"], test: "powerOff")
            // SIGINT says power off.
            #expect(end == .killed(signal: 2))
            return
        }
        // Never on the machine itself.
        try #require(CurrentProcess.number == 1)
        try host(allowsReboot: true).powerOff(reason: "a test")
    }
}

/// This test program, started again in namespaces of its own.
private enum Sandbox {
    private static let mark = "KEEL_TEST_SANDBOX=1"

    static var isInside: Bool {
        let environment = try? File.read("/proc/self/environ", limit: 1 << 20)
        return environment?.split(separator: 0).contains { $0.elementsEqual(mark.utf8) } == true
    }

    /// Runs one test of this suite; tells how it ended.
    static func run(_ namespaces: [String], test: String) throws -> Spawn.Outcome.End {
        let arguments = try File.read("/proc/self/cmdline", limit: 1 << 16)
            .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        // Under Xcode-like runners the bundle is an argument; here it is the program itself.
        let program = try #require(arguments.first)
        return try Spawn.run(
            "/usr/bin/unshare",
            namespaces + [
                program, "--testing-library", "swift-testing", "--filter",
                "PlainHostTests/\(test)\\(",
            ],
            environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", mark],
            output: .none,
            timeout: .seconds(120)
        )
    }
}
