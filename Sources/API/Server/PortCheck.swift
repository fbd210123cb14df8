import CGRPC

/// Whether a port is somebody's.
@safe
enum PortCheck {
    /// True when `address` ("192.0.2.1:50051", "[::]:50051") could be listened at, were it not for
    /// its port.
    ///
    /// Binds the port for a moment and never listens: who connects meanwhile is refused, as before,
    /// and not accepted by something that goes away. Of an address that is wrong in another way it
    /// says nothing; who listens there will. C functions: `getaddrinfo(3)`, `bind(2)`;
    /// `SO_REUSEADDR` of `socket(7)`, by which connections that are over count for nothing.
    static func isTaken(_ address: String) -> Bool {
        guard let colon = address.lastIndex(of: ":") else { return false }
        let port = String(address[colon...].dropFirst())
        var host = address[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return [AF_INET, AF_INET6].contains { family in
            canBind(String(host), "0", family) && !canBind(String(host), port, family)
        }
    }

    private static func canBind(_ host: String, _ port: String, _ family: CInt) -> Bool {
        // Sound: numbers, and pointers that are NULL.
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        unsafe hints.ai_family = family
        unsafe hints.ai_socktype = keel_grpc_SOCK_STREAM
        var found: UnsafeMutablePointer<addrinfo>?
        // Sound: the texts live for the call; what it finds is given back below.
        guard unsafe getaddrinfo(host, port, &hints, &found) == 0 else { return false }
        // Sound: as above; nobody has it any more.
        defer { unsafe freeaddrinfo(found) }
        let number = socket(family, keel_grpc_SOCK_STREAM | keel_grpc_SOCK_CLOEXEC, 0)
        guard number >= 0, let place = unsafe found?.pointee else { return false }
        defer { close(number) }
        var one: CInt = 1
        // Sound: the kernel reads one int, and an address of the length that stands beside it.
        _ = unsafe setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(4))
        return unsafe bind(number, place.ai_addr, place.ai_addrlen) == 0
    }
}
