import CLinux

/// Asks the kernel to change links, addresses and routes: rtnetlink.
///
/// The messages themselves are made by whoever knows what they shall say; this sends one and takes
/// the kernel's word for it. Source: `netlink(7)`, `rtnetlink(7)`.
public struct LinkSocket: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// C function: `socket(2)` `AF_NETLINK`.
    public init() throws(Errno) {
        let kind = clinux_SOCK_RAW | clinux_SOCK_CLOEXEC
        let opened = Descriptor(
            owning: try checked { socket(AF_NETLINK, kind, NETLINK_ROUTE) }
        )
        let number = opened.number
        _ = try checked { clinux_bind_netlink(number) }
        descriptor = opened
    }

    /// Sends one message that asks for an acknowledgement (`NLM_F_ACK`), and throws what the
    /// kernel says against it. Waits at most a second.
    ///
    /// C functions: `send(2)`, `read(2)`.
    public func ask(_ message: [UInt8]) throws(Errno) {
        let number = descriptor.number
        // Sound: the kernel reads the bytes within the call.
        _ = try checked { unsafe send(number, message, message.count, clinux_MSG_NOSIGNAL) }
        var answer = [UInt8](repeating: 0, count: 8192)
        let end = MonotonicTime.now + .seconds(1)
        while Readiness.wait(for: number, .reading, until: end) {
            var span = answer.mutableSpan
            let count = try descriptor.readNext(into: &span)
            // Length, type NLMSG_ERROR, flags, sequence number, port, then the error itself.
            guard count >= 20, answer[4] == 2, answer[8..<12] == message[8..<12] else { continue }
            let code = answer[16..<20].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            guard code != 0 else { return }
            throw Errno(-Int32(bitPattern: code))
        }
        throw .timedOut
    }
}
