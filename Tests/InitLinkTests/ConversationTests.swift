import Synchronization
import Syscalls
import Testing

@testable import InitLink

/// `InitClient` and `InitServer` over a real socket, with a working machine behind it.
@Suite("Conversation")
struct ConversationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func client() -> InitClient {
        InitClient(
            path: folder("control"),
            connectWait: RawPeer.patience,
            answerWait: RawPeer.patience
        )
    }

    @Test("what is asked at one end is done at the other")
    func everyVerb() throws {
        let machine = MemoryMachine(
            [GoldenAnswers.kubelet],
            trial: TrialState(attemptsLeft: 2, secondsLeft: 60)
        )
        let server = try InitServer(at: folder("control"), answering: machine)
        defer { server.stop() }
        let client = client()

        #expect(try client.services() == [GoldenAnswers.kubelet])
        #expect(try client.restart("kubelet").restarts == 4)
        #expect(try client.services().first?.restarts == 4)
        machine.log.append(LogLine(time: 5, level: .info, "hello"))
        let page = try client.logs(LogQuery(service: "init"))
        #expect(page == LogPage(lines: [LogLine(time: 5, level: .info, "hello")], next: 1))
        try client.apply(GoldenRequests.settings)
        #expect(machine.settings == GoldenRequests.settings)
        try client.reboot(reason: "an upgrade")
        try client.powerOff(reason: "a journey")
        #expect(machine.ends == ["reboot: an upgrade", "power off: a journey"])
        #expect(try client.trial() == TrialState(attemptsLeft: 2, secondsLeft: 60))
        #expect(try client.clock() == ClockState(now: 1000, isSynchronised: true))
    }

    @Test("what the machine refuses comes back as it refused it, and the connection goes on")
    func refusals() throws {
        let machine = MemoryMachine()
        let server = try InitServer(at: folder("control"), answering: machine)
        defer { server.stop() }
        let client = client()
        #expect(throws: InitFailure.notFound(service: "x")) { try client.restart("x") }
        #expect(throws: InitFailure.system(.busy)) { try client.powerOff(reason: "") }
        #expect(throws: InitFailure.notFound(service: "y")) {
            try client.logs(LogQuery(service: "y"))
        }
        #expect(try client.trial() == nil)
    }

    @Test("a request out of its bounds is refused without asking anybody")
    func outOfBounds() {
        let client = client()
        #expect(throws: InitFailure.invalid(.missing(.serviceName))) { try client.restart("") }
    }

    @Test("a machine that answers out of its bounds is hung up on, and the client says so")
    func brokenHost() throws {
        let service = ServiceState(name: "no name", condition: .running)
        let server = try InitServer(at: folder("control"), answering: MemoryMachine([service]))
        defer { server.stop() }
        let client = client()
        #expect(throws: InitFailure.disconnected) { try client.services() }
        #expect(try client.clock().now == 1000)
    }

    @Test("the socket belongs to root alone from its first moment, and goes with its server")
    func socketFile() throws {
        let server = try InitServer(at: folder("control"), answering: MemoryMachine())
        #expect(try File.kind(of: folder("control")) == .socket)
        #expect(try File.permissions(of: folder("control")) == 0o600)
        server.stop()
        server.stop()
        #expect(try File.kind(of: folder("control")) == nil)
    }

    @Test("a second server at the same place is refused; after a killed one its place is taken")
    func places() throws {
        let server = try InitServer(at: folder("control"), answering: MemoryMachine())
        #expect(throws: Errno.addressInUse) {
            try InitServer(at: folder("control"), answering: MemoryMachine())
        }
        // What a server that was killed leaves behind.
        try File.rename(folder("control"), to: folder("other"))
        server.stop()
        let next = try InitServer(at: folder("other"), answering: MemoryMachine())
        next.stop()
        try File.append([1].span, to: folder("file"))
        #expect(throws: Errno.exists) {
            try InitServer(at: folder("file"), answering: MemoryMachine())
        }
    }

    @Test("many calls at once are all answered, over no more connections than the server bears")
    func manyAtOnce() throws {
        let machine = MemoryMachine([GoldenAnswers.kubelet])
        let server = try InitServer(
            at: folder("control"),
            answering: machine,
            limits: ServerLimits(connections: 2)
        )
        defer { server.stop() }
        let client = client()
        let failures = Failures()
        Thread.share("caller", among: 8) {
            for _ in 0..<50 {
                do throws(InitFailure) { _ = try client.restart("kubelet") } catch {
                    failures.add(error)
                }
            }
        }
        #expect(failures.all == [])
        #expect(try client.services().first?.restarts == 3 + 8 * 50)
    }

    @Test("a client goes on with the next server at the same place")
    func reconnects() throws {
        let client = client()
        for _ in 0..<3 {
            let server = try InitServer(
                at: folder("control"),
                answering: MemoryMachine([GoldenAnswers.kubelet])
            )
            #expect(try client.restart("kubelet").restarts == 4)
            #expect(try client.restart("kubelet").restarts == 5)
            server.stop()
        }
        #expect(throws: InitFailure.unreachable(.noEntry)) { try client.clock() }
    }

    @Test("a connection that was idle too long is closed, and the client asks over a new one")
    func idle() throws {
        let server = try InitServer(
            at: folder("control"),
            answering: MemoryMachine(),
            limits: ServerLimits(idle: .milliseconds(50))
        )
        defer { server.stop() }
        let client = client()
        let raw = try RawPeer.greeted(folder("control"))
        #expect(try client.clock().now == 1000)
        // Ends when the server closes the idle connection.
        #expect(try raw.receiveToEnd() == [])
        #expect(try client.clock().now == 1000)
    }

    @Test("a long log comes in pages that fit their frames, with nothing lost or twice")
    func pages() throws {
        let machine = MemoryMachine()
        for number in 0..<500 {
            let text = String(repeating: "x", count: number * 8)
            machine.log.append(LogLine(time: Int64(number), level: .info, text))
        }
        let server = try InitServer(at: folder("control"), answering: machine)
        defer { server.stop() }
        let client = client()
        var query = LogQuery(service: "init", limit: 100)
        var times: [Int64] = []
        var count = 0
        while true {
            let page = try client.logs(query)
            times += page.lines.map(\.time)
            count += 1
            #expect(page.dropped == 0)
            guard page.hasMore else { break }
            query = query.following(page)
        }
        #expect(times == (0..<500).map(Int64.init))
        #expect(count > 15)
    }
}

/// What went wrong in several threads.
private final class Failures: Sendable {
    private let list = Mutex<[InitFailure]>([])
    var all: [InitFailure] { list.withLock { $0 } }
    func add(_ failure: InitFailure) { list.withLock { $0.append(failure) } }
}
