import CLinux

/// Who is at the other end of a local socket, as the kernel knows it since the connection was made.
public struct PeerCredentials: Sendable, Hashable {
    public let process: Int32
    public let user: UInt32
    public let group: UInt32
}

/// A connection between two processes of this machine: bytes in order, both ways. Never waits:
/// use `Readiness` for that. Owned: closed when it goes away.
public struct LocalStream: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// For `Readiness`; good for as long as this value lives.
    public var number: CInt { descriptor.number }

    fileprivate init(owning number: CInt) { descriptor = Descriptor(owning: number) }

    /// Connects to the socket at `path`, waiting at most `wait` for a listener that is busy.
    ///
    /// Throws `.noEntry` or `.refused` when nobody listens there, `.wouldBlock` when time ran out,
    /// `.nameTooLong` for a path of more than 107 bytes. C function: `connect(2)`; `unix(7)`.
    public init(connecting path: String, within wait: Duration) throws(Errno) {
        let stream = LocalStream(owning: try checked { clinuxSocket() })
        let number = stream.number
        var address = try localAddress(path)
        try stream.limitWaiting(to: wait)
        // Sound: the address is a local, read within the call.
        _ = try checked { unsafe clinux_connect(number, &address) }
        try setNonBlocking(number)
        self = stream
    }

    /// The two ends of a connection within this process. C function: `socketpair(2)`.
    public static func pair() throws(Errno) -> Pair {
        var ends: [CInt] = [0, 0]
        let kind = clinux_SOCK_STREAM | clinux_SOCK_CLOEXEC | clinux_SOCK_NONBLOCK
        // Sound: the kernel writes two numbers.
        _ = try checked { unsafe socketpair(AF_UNIX, kind, 0, &ends) }
        return Pair(near: LocalStream(owning: ends[0]), far: LocalStream(owning: ends[1]))
    }

    /// See `pair()`.
    public struct Pair: ~Copyable, Sendable {
        public var near: LocalStream
        public var far: LocalStream
    }

    /// Who made the other end. C function: `getsockopt(2)` `SO_PEERCRED`.
    public func peer() throws(Errno) -> PeerCredentials {
        let number = number
        var found = clinux_peer()
        // Sound: the kernel fills the structure, whose size the shim passes.
        _ = try checked { unsafe clinux_get_peer(number, &found) }
        return PeerCredentials(process: found.process, user: found.user, group: found.group)
    }

    /// Takes what has come, at most as much as fits; 0 when the other end will send nothing more.
    ///
    /// Throws `.wouldBlock` when nothing is there now. C function: `recv(2)`.
    public func receive(into buffer: inout MutableSpan<UInt8>) throws(Errno) -> Int {
        let number = number
        // Sound: the kernel writes at most the buffer's length, within the closure.
        return unsafe try buffer.withUnsafeMutableBytes { (bytes) throws(Errno) in
            try checked { unsafe CLinux.recv(number, bytes.baseAddress, bytes.count, 0) }
        }
    }

    /// Sends as much of `bytes` as there is room for now; returns how much.
    ///
    /// Throws `.wouldBlock` when there is none, `.brokenPipe` when the other end is closed; never
    /// signals. C function: `send(2)`.
    public func send(_ bytes: Span<UInt8>) throws(Errno) -> Int {
        let number = number
        // Sound: the kernel reads only the bytes, within the closure.
        return unsafe try bytes.withUnsafeBytes { (bytes) throws(Errno) in
            try checked {
                unsafe CLinux.send(number, bytes.baseAddress, bytes.count, clinux_MSG_NOSIGNAL)
            }
        }
    }

    /// C function: `setsockopt(2)` `SO_SNDTIMEO`, which bounds `connect(2)` on local sockets.
    private func limitWaiting(to wait: Duration) throws(Errno) {
        let number = number
        let (seconds, fraction) = max(wait, .milliseconds(1)).components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(fraction / 1_000_000_000_000))
        // Sound: the kernel reads one structure of just that size.
        _ = try checked {
            unsafe setsockopt(
                number,
                SOL_SOCKET,
                SO_SNDTIMEO,
                &time,
                socklen_t(MemoryLayout<timeval>.size)
            )
        }
    }
}

/// A socket in the file system that processes of this machine connect to. Owned: closed when it
/// goes away; the file stays, and `init` replaces it.
public struct LocalListener: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// For `Readiness`; good for as long as this value lives.
    public var number: CInt { descriptor.number }

    /// Listens at `path`, whose file has `permissions` from its first moment on.
    ///
    /// A socket that nobody listens on any more is replaced. Throws `.addressInUse` when somebody
    /// does, `.exists` when there is a file of another kind, `.nameTooLong` for a path of more than
    /// 107 bytes. Two that start at the same moment are not told apart.
    /// C function: `bind(2)`, `listen(2)`; `unix(7)`.
    public init(at path: String, permissions: UInt32, backlog: Int) throws(Errno) {
        let address = try localAddress(path)
        try Self.removeStale(path)
        descriptor = try Self.listening(at: address, permissions, backlog)
    }

    private static func listening(
        at address: sockaddr_un,
        _ permissions: UInt32,
        _ backlog: Int
    ) throws(Errno) -> Descriptor {
        var address = address
        let descriptor = Descriptor(owning: try checked { clinuxSocket() })
        let number = descriptor.number
        try setNonBlocking(number)
        // Linux makes the file with the mode that the socket has when it is bound.
        _ = try checked { fchmod(number, permissions) }
        // Sound: the address is a local, read within the call.
        _ = try checked { unsafe clinux_bind(number, &address) }
        _ = try checked { CLinux.listen(number, CInt(backlog)) }
        return descriptor
    }

    /// The next connection; `nil` when nobody waits for one. C function: `accept4(2)`.
    public func accept() throws(Errno) -> LocalStream? {
        let number = number
        do {
            let kind = clinux_SOCK_CLOEXEC | clinux_SOCK_NONBLOCK
            return LocalStream(owning: try checked { accept4(number, nil, nil, kind) })
        } catch {
            // Whoever waited may have gone again.
            if error == .wouldBlock || error == .connectionAborted { return nil }
            throw error
        }
    }

    private static func removeStale(_ path: String) throws(Errno) {
        guard let kind = try File.kind(of: path) else { return }
        guard kind == .socket else { throw .exists }
        do {
            _ = try LocalStream(connecting: path, within: .milliseconds(1))
        } catch {
            switch error {
            case .refused: return try File.remove(path)
            case .wouldBlock: throw .addressInUse
            default: throw error
            }
        }
        throw .addressInUse
    }
}

private func clinuxSocket() -> CInt {
    socket(AF_UNIX, clinux_SOCK_STREAM | clinux_SOCK_CLOEXEC, 0)
}

private func localAddress(_ path: String) throws(Errno) -> sockaddr_un {
    try requirePath(path)
    guard path.utf8.count <= clinux_path_limit() else { throw .nameTooLong }
    // Sound: the string lives, NUL-terminated, for the call, which copies it.
    return unsafe clinux_local_address(path)
}

/// C function: `fcntl(2)` `F_SETFL`. A socket has no other status flags.
private func setNonBlocking(_ number: CInt) throws(Errno) {
    _ = try checked { clinux_set_status(number, O_NONBLOCK) }
}
