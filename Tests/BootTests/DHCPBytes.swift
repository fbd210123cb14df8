@testable import Boot

/// Replies as servers send them, with every field named.
enum DHCPBytes {
    static let hardware: [UInt8] = [0x52, 0x54, 0, 0x12, 0x34, 0x56]

    /// A reply's fixed part: 240 bytes.
    static func head(exchange: UInt32, yours: [UInt8]) -> [UInt8] {
        [
            2, 1, 6, 0,  // reply, Ethernet, six bytes, no hops
        ] + IPv4(number: exchange).bytes + [
            0, 0, 0, 0,  // seconds, flags
            0, 0, 0, 0,  // ciaddr
        ] + yours + [
            10, 0, 2, 2,  // siaddr
            0, 0, 0, 0,  // giaddr
        ] + hardware + [UInt8](repeating: 0, count: 10)  // chaddr
            + [UInt8](repeating: 0, count: 192)  // sname, file
            + [99, 130, 83, 99]
    }

    /// What QEMU's own server answers (captured), but for number and kind.
    static func qemu(
        _ kind: UInt8,
        exchange: UInt32,
        seconds: [UInt8] = [0, 1, 0x51, 0x80]
    )
        -> [UInt8]
    {
        head(exchange: exchange, yours: [10, 0, 2, 15]) + [
            53, 1, kind,  // kind of message
            54, 4, 10, 0, 2, 2,  // server
            1, 4, 255, 255, 255, 0,  // mask
            3, 4, 10, 0, 2, 2,  // router
            6, 4, 10, 0, 2, 3,  // name server
            51, 4,  // seconds of the lease
        ] + seconds + [255]
    }

    static func refusal(exchange: UInt32, server: [UInt8] = [10, 0, 2, 2]) -> [UInt8] {
        head(exchange: exchange, yours: [0, 0, 0, 0]) + [53, 1, 6, 54, 4] + server + [255]
    }
}
