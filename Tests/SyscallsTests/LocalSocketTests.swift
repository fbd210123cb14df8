import Syscalls
import Testing

@Suite struct LocalSocketTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let patience = Duration.seconds(20)

    private func received(_ stream: borrowing LocalStream, _ limit: Int = 100) throws -> [UInt8] {
        let end = MonotonicTime.now + Self.patience
        guard Readiness.wait(for: stream.number, .reading, until: end) else {
            throw Errno.timedOut
        }
        var bytes = [UInt8](repeating: 0, count: limit)
        var span = bytes.mutableSpan
        return Array(bytes[..<(try stream.receive(into: &span))])
    }

    @Test("what one end sends the other receives, and the end of it too")
    func conversation() throws {
        let listener = try LocalListener(at: folder("s"), permissions: 0o600, backlog: 1)
        let near = try LocalStream(connecting: folder("s"), within: .seconds(1))
        guard let far = try listener.accept() else { throw Errno.timedOut }
        let sent = try near.send([1, 2, 3].span)
        let heard = try received(far)
        #expect(sent == 3 && heard == [1, 2, 3])
        let nobody = try listener.accept() == nil
        #expect(nobody)
        try answerAndClose(far)
        let answer = try received(near)
        let end = try received(near)
        #expect(answer == [9] && end == [])
    }

    private func answerAndClose(_ stream: consuming LocalStream) throws {
        let count = try stream.send([9].span)
        #expect(count == 1)
    }

    @Test("a stream that has nothing, or no room, does not wait")
    func wouldBlock() throws {
        let pair = try LocalStream.pair()
        let empty = Result { () throws in try received(without: pair.near) }
        #expect(throws: Errno.wouldBlock) { try empty.get() }
        let full = Result { () throws in try fill(pair.near) }
        #expect(throws: Errno.wouldBlock) { try full.get() }
        let number = pair.near.number
        let soon = MonotonicTime.now + .milliseconds(20)
        let hasRoom = Readiness.wait(for: number, .writing, until: soon)
        #expect(!hasRoom)
        withExtendedLifetime(pair.far.number) {}
    }

    private func received(without stream: borrowing LocalStream) throws -> Int {
        var bytes = [UInt8](repeating: 0, count: 10)
        var span = bytes.mutableSpan
        return try stream.receive(into: &span)
    }

    private func fill(_ stream: borrowing LocalStream) throws {
        let bytes = [UInt8](repeating: 7, count: 100_000)
        while true { _ = try stream.send(bytes.span) }
    }

    @Test("sending to an end that is closed throws EPIPE and signals nobody")
    func brokenPipe() throws {
        let near = try abandoned()
        let sent = Result { () throws in try fill(near) }
        #expect(throws: Errno.brokenPipe) { try sent.get() }
    }

    /// One end of a connection whose other end is closed.
    private func abandoned() throws -> LocalStream {
        let listener = try LocalListener(at: folder("s"), permissions: 0o600, backlog: 1)
        let near = try LocalStream(connecting: folder("s"), within: .seconds(1))
        _ = try listener.accept()
        return near
    }

    @Test("the kernel says who is at the other end")
    func peer() throws {
        let pair = try LocalStream.pair()
        let peer = try pair.near.peer()
        #expect(peer.process == CurrentProcess.number)
        #expect(peer.user == CurrentProcess.user)
    }

    @Test("connecting to nothing, to a file, or to a socket nobody listens on, says which")
    func nobody() throws {
        func connect(_ path: String) throws {
            _ = try LocalStream(connecting: path, within: .milliseconds(10))
        }
        #expect(throws: Errno.noEntry) { try connect(folder("none")) }
        try File.append([1].span, to: folder("file"))
        #expect(throws: Errno.refused) { try connect(folder("file")) }
        #expect(throws: Errno.nameTooLong) { try connect(String(repeating: "a", count: 108)) }
        #expect(throws: Errno.invalid) { try connect("a\0b") }
        _ = try LocalListener(at: folder("left"), permissions: 0o600, backlog: 1)
        #expect(throws: Errno.refused) { try connect(folder("left")) }
        // Its place is taken by the next one.
        let next = try LocalListener(at: folder("left"), permissions: 0o640, backlog: 1)
        try connect(folder("left"))
        #expect(try File.permissions(of: folder("left")) == 0o640)
        withExtendedLifetime(next.number) {}
    }

    @Test("connecting to a listener that has no room gives up in time")
    func full() throws {
        let listener = try LocalListener(at: folder("s"), permissions: 0o600, backlog: 0)
        let first = try LocalStream(connecting: folder("s"), within: .seconds(1))
        let path = folder("s")
        let start = MonotonicTime.now
        #expect(throws: Errno.wouldBlock) {
            _ = try LocalStream(connecting: path, within: .milliseconds(100))
        }
        #expect(MonotonicTime.now - start < Self.patience)
        withExtendedLifetime(listener.number + first.number) {}
    }

    @Test("a listener keeps its place against another one, and against a file")
    func taken() throws {
        let listener = try LocalListener(at: folder("s"), permissions: 0o600, backlog: 4)
        func listen(_ path: String) throws {
            _ = try LocalListener(at: path, permissions: 0o600, backlog: 4)
        }
        #expect(throws: Errno.addressInUse) { try listen(folder("s")) }
        try File.append([1].span, to: folder("file"))
        #expect(throws: Errno.exists) { try listen(folder("file")) }
        #expect(try File.read(folder("file"), limit: 10) == [1])
        withExtendedLifetime(listener.number) {}
    }

    @Test("a wait ends at its time, at a wake-up from another thread, and marks what is ready")
    func readiness() throws {
        let wake = try WakeUp()
        let start = MonotonicTime.now
        #expect(!Readiness.wait(for: wake.number, .reading, until: start + .milliseconds(50)))
        #expect(MonotonicTime.now - start >= .milliseconds(50))
        let thread = try Thread("waker") { wake.signal() }
        let pair = try LocalStream.pair()
        var list = [
            Readiness(wake.number, for: .reading), Readiness(pair.near.number, for: .reading),
            Readiness(-1, for: .reading), Readiness(pair.far.number, for: .writing),
        ]
        thread.join()
        let found = Readiness.wait(for: &list, until: nil)
        #expect(found && list.map(\.isReady) == [true, false, false, true])
        wake.signal()
        #expect(Readiness.wait(for: wake.number, .reading, until: .zero))
        withExtendedLifetime(pair.near.number) {}
    }
}
