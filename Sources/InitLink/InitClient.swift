import Synchronization
import Syscalls

/// The agent's end of the control socket.
///
/// Each call is one request on a connection of its own; the one that was used last is kept for the
/// next call. When the kept one turns out to be dead (the first process closed it, or started
/// again), the call connects anew, once. A request that may have been carried out is not sent again
/// unless it only reads. A call takes at most `connectWait` and then `answerWait`, and once more
/// `answerWait` when a kept connection dies.
public final class InitClient: Init {
    private let path: String
    private let connectWait: Duration
    private let answerWait: Duration
    private let kept = Mutex<Link?>(nil)

    /// Connects to nothing yet.
    ///
    /// - Parameters:
    ///   - path: of the socket, at most 107 bytes.
    ///   - connectWait: for the connection and the exchange of versions.
    ///   - answerWait: for an answer, from the request on.
    public init(
        path: String,
        connectWait: Duration = .seconds(2),
        answerWait: Duration = .seconds(30)
    ) {
        self.path = path
        self.connectWait = connectWait
        self.answerWait = answerWait
    }

    public func services() throws(InitFailure) -> [ServiceState] {
        guard case .services(let services) = try ask(.services) else { throw .wrongAnswer }
        return services
    }

    public func restart(_ name: String) throws(InitFailure) -> ServiceState {
        guard case .restarted(let service) = try ask(.restart(name)) else { throw .wrongAnswer }
        return service
    }

    public func logs(_ query: LogQuery) throws(InitFailure) -> LogPage {
        guard case .logs(let page) = try ask(.logs(query)) else { throw .wrongAnswer }
        return page
    }

    public func reboot(reason: String) throws(InitFailure) {
        guard case .done = try ask(.reboot(reason: reason)) else { throw .wrongAnswer }
    }

    public func powerOff(reason: String) throws(InitFailure) {
        guard case .done = try ask(.powerOff(reason: reason)) else { throw .wrongAnswer }
    }

    public func apply(_ settings: NetworkSettings) throws(InitFailure) {
        guard case .done = try ask(.apply(settings)) else { throw .wrongAnswer }
    }

    public func trial() throws(InitFailure) -> TrialState? {
        guard case .trial(let trial) = try ask(.trial) else { throw .wrongAnswer }
        return trial
    }

    public func clock() throws(InitFailure) -> ClockState {
        guard case .clock(let clock) = try ask(.clock) else { throw .wrongAnswer }
        return clock
    }
}

extension InitFailure {
    /// An answer, but to something else.
    fileprivate static let wrongAnswer = InitFailure.malformed(.missing(.outcome))
}

/// What became of a request.
private enum Exchange: Sendable {
    case answered(Answer)
    /// The connection was dead: the other end did not get the whole request.
    case unsent
    /// The connection died after that.
    case lost
}

extension InitClient {
    /// The answer to `request`, unless that is a failure.
    private func ask(_ request: Request) throws(InitFailure) -> Answer {
        let message: [UInt8]
        do { message = try request.packed() } catch { throw .invalid(error) }
        switch try askKept(message) {
        case .answered(let answer): return try answer.success()
        case .unsent: break
        case .lost: guard request.isRepeatable else { throw .disconnected }
        }
        switch try exchange(message, over: try connect()) {
        case .answered(let answer): return try answer.success()
        case .unsent, .lost: throw .disconnected
        }
    }

    private func askKept(_ message: [UInt8]) throws(InitFailure) -> Exchange {
        guard let link = kept.withLock({ $0.take() }), !link.isStale else { return .unsent }
        return try exchange(message, over: link)
    }

    /// Asks over `link`, and keeps it when it is still good.
    private func exchange(
        _ message: [UInt8],
        over link: consuming Link
    ) throws(InitFailure) -> Exchange {
        let end = MonotonicTime.now + answerWait
        do { try link.send(message, until: end) } catch {
            guard error != .closed else { return .unsent }
            throw error.failure(while: .answering)
        }
        let bytes: [UInt8]
        do { bytes = try link.receive(until: end) } catch {
            guard error != .closed else { return .lost }
            throw error.failure(while: .answering)
        }
        let answer: Answer
        do { answer = try Answer(unpacking: bytes) } catch { throw .malformed(error) }
        keep(link)
        return .answered(answer)
    }

    private func keep(_ link: consuming Link) {
        var link = Optional(link)
        // Two calls at once: the connection of the one that ends last goes away.
        kept.withLock { place in
            if place == nil { place = link.take() }
        }
    }

    /// A new connection to a root process that speaks our version.
    private func connect() throws(InitFailure) -> Link {
        let end = MonotonicTime.now + connectWait
        let stream: LocalStream
        do {
            stream = try LocalStream(connecting: path, within: connectWait)
        } catch {
            if error == .wouldBlock { throw .timedOut(.connecting) }
            throw .unreachable(error)
        }
        var link = Link(over: stream)
        let user: UInt32
        do { user = try link.peer().user } catch { throw error.failure(while: .connecting) }
        guard user == 0 else { throw .stranger(uid: user) }
        try link.greet(until: end)
        return link
    }
}
