import Syscalls

/// UDP on one link.
protocol PacketPort: AnyObject {
    /// For waiting.
    var number: CInt { get }
    func send(_ bytes: [UInt8], to address: UInt32, port: UInt16) throws(Errno)
    /// `nil` when there is no packet now.
    func receive() throws(Errno) -> [UInt8]?
}

/// The kernel's own.
final class RealPacketPort: PacketPort {
    private let socket: PacketSocket

    init(link: String) throws(Errno) {
        socket = try PacketSocket(port: DHCPMessage.clientPort, onLink: link)
    }

    var number: CInt { socket.number }

    func send(_ bytes: [UInt8], to address: UInt32, port: UInt16) throws(Errno) {
        try socket.send(bytes, to: address, port: port)
    }

    func receive() throws(Errno) -> [UInt8]? { try socket.receive() }
}
