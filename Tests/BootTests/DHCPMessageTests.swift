import Testing

@testable import Boot

@Suite("DHCP messages and leases")
struct DHCPMessageTests {
    @Test("a request's bytes are those of RFC 2131")
    func bytes() {
        var message = DHCPMessage(exchange: 0x0102_0304, hardware: DHCPBytes.hardware)
        message.seconds = 0x0506
        message.wantsBroadcast = true
        message.options = [53: [1], 12: Array("n1".utf8)]
        let bytes = message.encoded()
        #expect(bytes.count == 300)
        #expect(
            Array(bytes[..<28]) == [
                1, 1, 6, 0,  // request, Ethernet, six bytes, no hops
                1, 2, 3, 4,  // xid
                5, 6, 0x80, 0,  // seconds, broadcast
                0, 0, 0, 0,  // ciaddr
                0, 0, 0, 0,  // yiaddr
                0, 0, 0, 0,  // siaddr
                0, 0, 0, 0,  // giaddr
            ]
        )
        #expect(Array(bytes[28..<34]) == DHCPBytes.hardware)
        #expect(bytes[34..<236].allSatisfy { $0 == 0 })
        #expect(
            Array(bytes[236..<248]) == [
                99, 130, 83, 99,  // cookie
                53, 1, 1,  // kind first
                12, 2, 0x6e, 0x31,  // host name
                255,  // end
            ]
        )
        #expect(DHCPMessage(parsing: bytes) == message)
    }

    @Test("QEMU's offer is read to the last option")
    func offer() throws {
        let message = try #require(DHCPMessage(parsing: DHCPBytes.qemu(2, exchange: 9)))
        #expect(message.isReply && message.kind == .offer && message.exchange == 9)
        let lease = try #require(DHCPLease(message))
        #expect(lease.address == IPv4("10.0.2.15") && lease.prefix == 24)
        #expect(lease.server == IPv4("10.0.2.2"))
        #expect(lease.routes.map(\.gateway) == [IPv4("10.0.2.2")])
        #expect(lease.nameservers.map(\.description) == ["10.0.2.3"])
        #expect(lease.renewal == .seconds(43200))
        #expect(lease.rebinding == .seconds(75600) && lease.end == .seconds(86400))
    }

    @Test("options may go on in the fields for names, and come in pieces")
    func overloaded() throws {
        var bytes = DHCPBytes.head(exchange: 1, yours: [10, 0, 0, 9])
        bytes += [53, 1, 5, 52, 1, 3, 51, 4, 0, 0, 1, 0, 54, 4, 10, 0, 0, 1, 15, 1, 0x61, 255]
        // The file holds the mask, the server's name the rest of the domain.
        bytes.replaceSubrange(108..<115, with: [1, 4, 255, 0, 0, 0, 255])
        bytes.replaceSubrange(44..<49, with: [15, 2, 0x2e, 0x62, 255])
        let lease = try #require(DHCPMessage(parsing: bytes).flatMap { DHCPLease($0) })
        #expect(lease.prefix == 8 && lease.searchDomain == "a.b" && lease.routes.isEmpty)
    }

    @Test("classless routes come instead of the router")
    func classless() throws {
        var bytes = DHCPBytes.head(exchange: 1, yours: [10, 0, 0, 9])
        bytes += [53, 1, 5, 51, 4, 0, 0, 1, 0, 54, 4, 10, 0, 0, 1, 3, 4, 10, 0, 0, 1]
        bytes += [
            121, 12,  // two routes:
            0, 10, 0, 0, 2,  // everything over 10.0.0.2
            12, 172, 16, 10, 0, 0, 3,  // 172.16/12 over 10.0.0.3
            255,
        ]
        let lease = try #require(DHCPMessage(parsing: bytes).flatMap { DHCPLease($0) })
        #expect(lease.routes.map(\.prefix) == [0, 12])
        #expect(lease.routes.map(\.gateway.description) == ["10.0.0.2", "10.0.0.3"])
        #expect(lease.routes[1].target.description == "172.16.0.0")
    }

    @Test("a lease without an address for hosts, a server or a time is none")
    func useless() throws {
        let good = try #require(DHCPMessage(parsing: DHCPBytes.qemu(5, exchange: 1)))
        for code: UInt8 in [51, 54] {
            var message = good
            message.options[code] = nil
            #expect(DHCPLease(message) == nil)
        }
        for address in ["0.0.0.0", "127.0.0.1", "239.1.2.3", "255.255.255.255"] {
            var message = good
            message.yourAddress = try #require(IPv4(address))
            #expect(DHCPLease(message) == nil)
        }
        var message = good
        message.options[51] = [0, 0, 0, 0]
        #expect(DHCPLease(message) == nil)
    }

    @Test("times that make no sense are put in order")
    func times() throws {
        var message = try #require(DHCPMessage(parsing: DHCPBytes.qemu(5, exchange: 1)))
        message.options[51] = [0, 0, 0, 5]
        #expect(DHCPLease(message)?.end == .seconds(60))
        message.options[51] = [0, 0, 1, 0]
        message.options[58] = [0, 0, 9, 9]
        message.options[59] = [0, 0, 0, 100]
        let lease = try #require(DHCPLease(message))
        #expect(lease.renewal == .seconds(100) && lease.rebinding == .seconds(100))
        message.options[51] = [255, 255, 255, 255]
        #expect(try #require(DHCPLease(message)).end > .seconds(3_000_000_000))
    }

    @Test("a domain with other characters, and an MTU no network has, are passed over")
    func odd() throws {
        var message = try #require(DHCPMessage(parsing: DHCPBytes.qemu(5, exchange: 1)))
        message.options[15] = Array("a\nnameserver 6.6.6.6".utf8)
        message.options[26] = [0, 10]
        message.options[121] = [33, 1, 2, 3, 4]
        let lease = try #require(DHCPLease(message))
        #expect(lease.searchDomain == nil && lease.mtu == nil)
        #expect(lease.routes.count == 1)
    }

    @Test("every piece of a reply is refused or read, and none reads beyond its end")
    func cut() {
        let bytes = DHCPBytes.qemu(5, exchange: 7)
        for count in 0..<bytes.count { _ = DHCPMessage(parsing: Array(bytes[..<count])) }
        #expect(DHCPMessage(parsing: Array(bytes[..<239])) == nil)
        #expect(DHCPMessage(parsing: Array(bytes[..<242])) == nil)
        for index in 0..<bytes.count {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                if let message = DHCPMessage(parsing: changed) { _ = DHCPLease(message) }
            }
        }
    }
}
