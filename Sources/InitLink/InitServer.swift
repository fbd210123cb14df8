import Synchronization
public import Syscalls

/// How much a server bears.
public struct ServerLimits: Sendable, Hashable {
    /// Connections at once. When there are as many, the one that was idle longest gives way.
    public var connections: Int
    /// How long a frame may take to come, or an answer to be taken.
    public var patience: Duration
    /// How long a connection may be without a request.
    public var idle: Duration

    public init(
        connections: Int = 8,
        patience: Duration = .seconds(5),
        idle: Duration = .seconds(60)
    ) {
        self.connections = connections
        self.patience = patience
        self.idle = idle
    }
}

/// The first process's end of the control socket: answers with any `Init`.
///
/// One thread answers everybody, one request after the other, so a call that takes long holds up
/// the next one; nobody who only keeps silent does. The socket's file has mode 0600, and whoever
/// connects must run as root by the word of the kernel.
public final class InitServer: Sendable {
    private let path: String
    private let wake: WakeUp
    private let thread: Mutex<Thread?>

    /// Listens at `path`, and answers from then on.
    ///
    /// Throws `.addressInUse` when somebody else listens there; see `LocalListener` for the rest.
    ///
    /// - Precondition: `limits.connections` is positive.
    public init(
        at path: String,
        answering host: any Init,
        limits: ServerLimits = ServerLimits()
    ) throws(Errno) {
        precondition(limits.connections > 0, "somebody may connect")
        self.path = path
        wake = try WakeUp()
        // Only the thread holds it, so that the socket is closed when the thread ends.
        let door = Door(
            listener: try LocalListener(at: path, permissions: 0o600, backlog: 16),
            wake: wake,
            host: host,
            limits: limits
        )
        thread = Mutex(
            try Thread("control") {
                var reception = Reception(door)
                while reception.turn() {}
            }
        )
    }

    deinit { stop() }

    /// Ends every connection and takes the socket away. Returns when no request is being answered
    /// any more. A second call does nothing.
    public func stop() {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        wake.signal()
        thread.join()
        // Gone already: somebody else took it away.
        do { try File.remove(path) } catch {}
    }
}

/// What the server's thread is given.
final class Door: Sendable {
    let listener: LocalListener
    let wake: WakeUp
    let host: any Init
    let limits: ServerLimits

    init(
        listener: consuming LocalListener,
        wake: WakeUp,
        host: any Init,
        limits: ServerLimits
    ) {
        self.listener = listener
        self.wake = wake
        self.host = host
        self.limits = limits
    }
}
