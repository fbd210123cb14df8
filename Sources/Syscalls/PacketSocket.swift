import CLinux

/// UDP over IPv4 on one link, whether or not it has an address yet. Never waits.
public struct PacketSocket: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// For `Readiness`; good for as long as this value lives.
    public var number: CInt { descriptor.number }

    /// Takes what comes to `port` on `link`, broadcasts too.
    ///
    /// C functions: `socket(2)`, `setsockopt(2)` `SO_BINDTODEVICE`, `bind(2)`.
    public init(port: UInt16, onLink link: String) throws(Errno) {
        let kind = clinux_SOCK_DGRAM | clinux_SOCK_CLOEXEC | clinux_SOCK_NONBLOCK
        let descriptor = Descriptor(owning: try checked { socket(AF_INET, kind, 0) })
        let number = descriptor.number
        for option in [SO_BROADCAST, SO_REUSEADDR] {
            var one: CInt = 1
            // Sound: the kernel reads one int.
            _ = try checked {
                unsafe setsockopt(number, SOL_SOCKET, option, &one, socklen_t(4))
            }
        }
        let length = socklen_t(link.utf8.count)
        // Sound: the kernel reads that many bytes of the name.
        _ = try checked {
            unsafe setsockopt(number, SOL_SOCKET, SO_BINDTODEVICE, link, length)
        }
        _ = try checked { clinux_bind_port(number, port) }
        self.descriptor = descriptor
    }

    /// Sends one packet to `address` (host byte order).
    ///
    /// C function: `sendto(2)`.
    public func send(_ bytes: [UInt8], to address: UInt32, port: UInt16) throws(Errno) {
        let number = descriptor.number
        // Sound: the kernel reads the bytes within the call.
        _ = try checked { unsafe clinux_send_to(number, bytes, bytes.count, address, port) }
    }

    /// The next packet; `nil` when there is none. Longer ones than `limit` bytes are cut.
    ///
    /// C function: `read(2)`.
    public func receive(limit: Int = 2048) throws(Errno) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: limit)
        do {
            var span = bytes.mutableSpan
            let count = try descriptor.readNext(into: &span)
            return Array(bytes[..<count])
        } catch {
            if error == .wouldBlock { return nil }
            throw error
        }
    }
}
