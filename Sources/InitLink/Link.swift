import Syscalls

/// Why a message did not get through.
enum LinkFault: Error, Sendable, Hashable {
    /// Time ran out.
    case late
    /// The other end closed the connection.
    case closed
    /// What came is no frame.
    case malformed(MessageFault)
    case system(Errno)
}

/// The asking end of a connection: whole messages, each within a time.
struct Link: ~Copyable, Sendable {
    private let stream: LocalStream
    private var reader = FrameReader()

    init(over stream: consuming LocalStream) { self.stream = stream }

    /// Whether something can be read though nothing was asked: the other end is gone or astray.
    var isStale: Bool {
        reader.isInside || Readiness.wait(for: stream.number, .reading, until: .zero)
    }

    /// Who made the other end.
    func peer() throws(LinkFault) -> PeerCredentials {
        do { return try stream.peer() } catch { throw .system(error) }
    }

    /// Sends all of `message` before the monotonic clock shows `end`. When this throws, the other
    /// end did not get the whole of it.
    ///
    /// - Precondition: `message` has 1...`Frame.limit` bytes.
    func send(_ message: [UInt8], until end: Duration) throws(LinkFault) {
        let bytes = Frame.wrap(message)
        var done = 0
        while done < bytes.count {
            do {
                done += try stream.send(bytes.span.extracting(done...))
            } catch {
                try pass(error)
                guard Readiness.wait(for: stream.number, .writing, until: end) else { throw .late }
            }
        }
    }

    /// The next message, if it is there before the monotonic clock shows `end`.
    mutating func receive(until end: Duration) throws(LinkFault) -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            do {
                if let message = try reader.next() { return message }
            } catch {
                throw .malformed(error)
            }
            guard Readiness.wait(for: stream.number, .reading, until: end) else { throw .late }
            let count: Int
            do {
                var span = piece.mutableSpan
                count = try stream.receive(into: &span)
            } catch {
                try pass(error)
                continue
            }
            guard count > 0 else { throw .closed }
            reader.append(piece[..<count])
        }
    }

    /// Lets only "not now" pass.
    private func pass(_ error: Errno) throws(LinkFault) {
        switch error {
        case .wouldBlock: return
        case .brokenPipe, .connectionReset: throw .closed
        default: throw .system(error)
        }
    }
}

extension Link {
    /// Says our version, and hears the other end's; throws when it is not the same.
    mutating func greet(until end: Duration) throws(InitFailure) {
        let theirs: UInt32
        do { theirs = try exchangeVersions(until: end) } catch {
            throw error.failure(while: .connecting)
        }
        guard theirs == Hello.ours else { throw .version(ours: Hello.ours, theirs: theirs) }
    }

    private mutating func exchangeVersions(until end: Duration) throws(LinkFault) -> UInt32 {
        let ours: [UInt8]
        do { ours = try Hello(version: Hello.ours).packed() } catch { throw .malformed(error) }
        try send(ours, until: end)
        let answer = try receive(until: end)
        do { return try Hello(unpacking: answer).version } catch { throw .malformed(error) }
    }
}

extension LinkFault {
    /// The same, for whoever asked.
    func failure(while stage: InitFailure.Stage) -> InitFailure {
        switch self {
        case .late: .timedOut(stage)
        case .closed: stage == .connecting ? .unreachable(.connectionReset) : .disconnected
        case .malformed(let fault): .malformed(fault)
        case .system(let error): .unreachable(error)
        }
    }
}
