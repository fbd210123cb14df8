import Syscalls
import Testing

@testable import InitLink

/// What a client says when the other end of the socket does not speak as it must.
@Suite("Hostile servers")
struct HostileServerTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var hello: [UInt8] {
        get throws { Frame.wrap(try Hello(version: 1).packed()) }
    }

    /// Runs `ask` against a server that gives each connection in turn to one of `scripts`.
    ///
    /// A script that says something stays until the client is gone: closing with the client's words
    /// unread would reset the connection under what was said.
    private func serving(
        _ scripts: [@Sendable (RawPeer) throws -> Void],
        _ ask: (InitClient) throws -> Void
    ) throws {
        let path = folder("control")
        let listener = Listener(try LocalListener(at: path, permissions: 0o600, backlog: 16))
        let server = try Thread("server") {
            for script in scripts {
                guard let peer = listener.next() else { return }
                try? script(peer)
            }
        }
        try ask(
            InitClient(
                path: path,
                connectWait: .milliseconds(500),
                answerWait: .milliseconds(500)
            )
        )
        server.join()
    }

    @Test("nobody at the socket is told from nobody listening there")
    func nobody() throws {
        let client = InitClient(path: folder("control"))
        #expect(throws: InitFailure.unreachable(.noEntry)) { try client.trial() }
        // Closed at once; its file stays.
        _ = try LocalListener(at: folder("control"), permissions: 0o600, backlog: 1)
        #expect(throws: InitFailure.unreachable(.refused)) { try client.trial() }
        let long = InitClient(path: String(repeating: "a", count: 108))
        #expect(throws: InitFailure.unreachable(.nameTooLong)) { try long.trial() }
    }

    @Test("a server that never accepts, or accepts and is silent, is given up in time")
    func silent() throws {
        let start = MonotonicTime.now
        try serving([{ peer in _ = try peer.receiveToEnd() }]) { client in
            #expect(throws: InitFailure.timedOut(.connecting)) { try client.clock() }
        }
        let listener = Listener(
            try LocalListener(at: folder("full"), permissions: 0o600, backlog: 0)
        )
        let first = try RawPeer(connecting: folder("full"))
        let client = InitClient(path: folder("full"), connectWait: .milliseconds(200))
        #expect(throws: InitFailure.timedOut(.connecting)) { try client.clock() }
        withExtendedLifetime((listener, first)) {}
        #expect(MonotonicTime.now - start < RawPeer.patience)
    }

    @Test("a server of another version is told by its number")
    func version() throws {
        let theirs = Frame.wrap(bytes("08 07 | version 7"))
        try serving([{ peer in try peer.sendAndStay(theirs) }]) { client in
            #expect(throws: InitFailure.version(ours: 1, theirs: 7)) { try client.clock() }
        }
    }

    @Test("a server that greets with something else is not asked anything")
    func noHello() throws {
        let zero = Frame.wrap(bytes("78 01 | no version"))
        try serving([{ peer in try peer.sendAndStay(zero) }]) { client in
            #expect(throws: InitFailure.malformed(.missing(.version))) { try client.clock() }
        }
        let large = bytes("00 00 02 00 | length 131072")
        try serving([{ peer in try peer.sendAndStay(large) }]) { client in
            #expect(throws: InitFailure.malformed(.length(131_072))) { try client.clock() }
        }
        try serving([{ _ in }]) { client in
            #expect(throws: InitFailure.unreachable(.connectionReset)) { try client.clock() }
        }
    }

    @Test("a server that stalls in the middle of an answer is given up in time")
    func stall() throws {
        let hello = try hello
        let half = try Array(Frame.wrap(Answer.services([GoldenAnswers.kubelet]).packed())[..<9])
        try serving([{ peer in try peer.sendAndStay(hello + half) }]) { client in
            #expect(throws: InitFailure.timedOut(.answering)) { try client.services() }
        }
    }

    @Test("a server that closes in the middle of an answer leaves open whether it was done")
    func closes() throws {
        let hello = try hello
        let half = try Array(Frame.wrap(Answer.services([GoldenAnswers.kubelet]).packed())[..<9])
        try serving([
            { peer in
                try peer.send(hello + half)
                _ = try peer.receive()
                _ = try peer.receive()
            }
        ]) { client in
            #expect(throws: InitFailure.disconnected) { try client.restart("kubelet") }
        }
    }

    @Test("an answer to something else, or none at all, is malformed")
    func otherAnswer() throws {
        let hello = try hello
        let done = try Frame.wrap(Answer.done.packed())
        try serving([{ peer in try peer.sendAndStay(hello + done) }]) { client in
            #expect(throws: InitFailure.malformed(.missing(.outcome))) { try client.services() }
        }
        let nonsense = Frame.wrap(bytes("1a 05 0a 01 61 10 09 | condition 9"))
        try serving([{ peer in try peer.sendAndStay(hello + nonsense) }]) { client in
            #expect(throws: InitFailure.malformed(.number(.serviceCondition, 9))) {
                try client.restart("a")
            }
        }
    }

    @Test("a kept connection that dies is made anew once for what only reads, and not for the rest")
    func reconnectsOnce() throws {
        let hello = try hello
        let clock = try Frame.wrap(Answer.clock(ClockState(now: 7, isSynchronised: false)).packed())
        let answerThenDie: @Sendable (RawPeer) throws -> Void = { peer in
            _ = try peer.receive()
            try peer.send(hello)
            _ = try peer.receive()
            try peer.send(clock)
            // The next request is taken and never answered.
            _ = try peer.receive()
        }
        let dieAtOnce: @Sendable (RawPeer) throws -> Void = { peer in
            _ = try peer.receive()
            try peer.send(hello)
            _ = try peer.receive()
        }
        try serving([answerThenDie, answerThenDie, dieAtOnce]) { (client) throws in
            #expect(try client.clock().now == 7)
            #expect(try client.clock().now == 7)
            // The third connection dies as well: that was the one retry.
            #expect(throws: InitFailure.disconnected) { try client.clock() }
        }
        try serving([answerThenDie]) { (client) throws in
            #expect(try client.clock().now == 7)
            #expect(throws: InitFailure.disconnected) { try client.restart("a") }
        }
    }
}

extension RawPeer {
    fileprivate func sendAndStay(_ bytes: [UInt8]) throws {
        try send(bytes)
        _ = try receiveToEnd()
    }
}

/// Gives connections out one by one.
private final class Listener: Sendable {
    private let socket: LocalListener

    init(_ socket: consuming LocalListener) { self.socket = socket }

    /// The next connection; `nil` when nobody comes.
    func next() -> RawPeer? {
        let end = MonotonicTime.now + RawPeer.patience
        guard Readiness.wait(for: socket.number, .reading, until: end) else { return nil }
        guard let stream = try? socket.accept() else { return nil }
        return RawPeer(stream)
    }
}
