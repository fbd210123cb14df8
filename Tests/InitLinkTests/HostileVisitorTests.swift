import Syscalls
import Testing

@testable import InitLink

/// Whoever comes to the server and does not speak as it must.
@Suite("Hostile visitors")
struct HostileVisitorTests {
    private let folder: TemporaryFolder
    private let server: InitServer

    init() throws {
        folder = try TemporaryFolder()
        server = try InitServer(
            at: folder("control"),
            answering: MemoryMachine([GoldenAnswers.kubelet]),
            limits: ServerLimits(connections: 3, patience: .milliseconds(200))
        )
    }

    /// The server still answers others.
    private func expectAlive() throws {
        let client = InitClient(
            path: folder("control"),
            connectWait: RawPeer.patience,
            answerWait: RawPeer.patience
        )
        #expect(try client.services() == [GoldenAnswers.kubelet])
    }

    @Test("another version hears ours and is hung up on")
    func version() throws {
        let peer = try RawPeer(connecting: folder("control"))
        try peer.send(bytes("02 00 00 00 | length 2\n08 02 | version 2"))
        #expect(try peer.receiveToEnd() == bytes("02 00 00 00 | length 2\n08 01 | version 1"))
        try expectAlive()
    }

    @Test("who asks before saying hello is hung up on without a word")
    func noHello() throws {
        let peer = try RawPeer(connecting: folder("control"))
        try peer.send(Frame.wrap(Request.reboot(reason: "at once").packed()))
        #expect(try peer.receiveToEnd() == [])
        try expectAlive()
    }

    @Test("who asks for nothing that exists is told what is wrong, then hung up on")
    func badRequest() throws {
        let peer = try RawPeer.greeted(folder("control"))
        try peer.send(Frame.wrap(bytes("12 04 0a 02 c3 28 | restart of no UTF-8")))
        let answer = try #require(try peer.receive())
        #expect(try Answer(unpacking: answer) == .failure(.invalid(.text(.serviceName))))
        #expect(try peer.receiveToEnd() == [])
        try expectAlive()
    }

    @Test("a frame that is too large is refused at its head, before and after hello")
    func oversize() throws {
        let head = bytes("01 00 01 00 | length 65537")
        let stranger = try RawPeer(connecting: folder("control"))
        try stranger.send(head)
        #expect(try stranger.receiveToEnd() == [])
        let peer = try RawPeer.greeted(folder("control"))
        try peer.send(head)
        let answer = try #require(try peer.receive())
        #expect(try Answer(unpacking: answer) == .failure(.invalid(.length(65537))))
        #expect(try peer.receiveToEnd() == [])
        try expectAlive()
    }

    @Test("who stops in the middle of a frame is hung up on, and nobody waits for it meanwhile")
    func stall() throws {
        let silent = try RawPeer(connecting: folder("control"))
        let stalled = try RawPeer.greeted(folder("control"))
        try stalled.send(bytes("09 00 00 00 | length 9\n12 07 0a | and no more"))
        try expectAlive()
        #expect(try stalled.receiveToEnd() == [])
        #expect(try silent.receiveToEnd() == [])
        try expectAlive()
    }

    @Test("who sends a frame byte by byte gets no more time than for all of it at once")
    func trickle() throws {
        let peer = try RawPeer.greeted(folder("control"))
        let start = MonotonicTime.now
        let frame = Frame.wrap(try Request.restart(String(repeating: "a", count: 64)).packed())
        #expect(throws: Errno.self) {
            for byte in frame {
                try peer.send([byte])
                MonotonicTime.sleep(.milliseconds(20))
            }
        }
        #expect(MonotonicTime.now - start < .seconds(10))
        try expectAlive()
    }

    @Test("who closes in the middle of a frame, or before its answer, is forgotten")
    func closes() throws {
        for length in 0..<8 {
            let peer = try RawPeer.greeted(folder("control"))
            try peer.send(Array(Frame.wrap(try Request.services.packed()).prefix(length)))
        }
        try expectAlive()
    }

    @Test("who asks and asks and never takes an answer is hung up on; little is held for it")
    func deaf() throws {
        let peer = try RawPeer.greeted(folder("control"))
        let request = Frame.wrap(try Request.services.packed())
        let many = Array(repeating: request, count: 20_000).flatMap { $0 }
        #expect(throws: Errno.self) { for _ in 0..<100 { try peer.send(many) } }
        try expectAlive()
    }

    @Test("answers to requests sent all at once come in their order")
    func pipelined() throws {
        let peer = try RawPeer.greeted(folder("control"))
        let requests: [Request] = [.trial, .services, .clock, .restart("x")]
        try peer.send(try requests.flatMap { Frame.wrap(try $0.packed()) })
        let answers = try requests.map { _ in
            try Answer(unpacking: try #require(try peer.receive()))
        }
        #expect(answers[0] == .trial(nil))
        #expect(answers[1] == .services([GoldenAnswers.kubelet]))
        #expect(answers[2] == .clock(ClockState(now: 1000, isSynchronised: true)))
        #expect(answers[3] == .failure(.notFound(service: "x")))
    }

    @Test("when the house is full the one idle longest gives way; the busy ones stay")
    func full() throws {
        let first = try RawPeer.greeted(folder("control"))
        let second = try RawPeer.greeted(folder("control"))
        let third = try RawPeer.greeted(folder("control"))
        let fourth = try RawPeer.greeted(folder("control"))
        #expect(try first.receiveToEnd() == [])
        for peer in [second, third, fourth] {
            try peer.send(Frame.wrap(try Request.trial.packed()))
            #expect(try peer.receive() == Answer.trial(nil).packed())
        }
    }

    @Test("500 connections that say nothing keep nobody out for longer than the server's patience")
    func flood() throws {
        let start = MonotonicTime.now
        var silent: [RawPeer] = []
        for _ in 0..<16 { silent.append(try RawPeer(connecting: folder("control"))) }
        for _ in 0..<500 { _ = try RawPeer(connecting: folder("control")) }
        try expectAlive()
        #expect(MonotonicTime.now - start < RawPeer.patience)
        withExtendedLifetime(silent) {}
    }
}
