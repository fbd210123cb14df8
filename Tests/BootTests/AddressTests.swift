import Testing

@testable import Boot

@Suite("Addresses")
struct AddressTests {
    @Test(
        "an IPv4 address is four numbers up to 255",
        arguments: [
            ("10.0.2.15", true), ("255.255.255.255", true), ("0.0.0.0", true), ("1.2.3", false),
            ("1.2.3.4.5", false), ("1.2.3.256", false), ("1.2.3.", false), ("1.2.3.+4", false),
            ("1.2.3.0004", false), ("", false), ("a.b.c.d", false),
        ]
    )
    func v4(text: String, isGood: Bool) {
        #expect((IPv4(text) != nil) == isGood)
        if isGood { #expect(IPv4(text)?.description == text) }
    }

    @Test(
        "an IPv6 address is eight groups, or fewer around one gap",
        arguments: [
            ("fd00::7", [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]),
            ("::", [UInt8](repeating: 0, count: 16)),
            ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
            ("::1", [UInt8](repeating: 0, count: 15) + [1]),
            ("fe80::", [0xfe, 0x80] + [UInt8](repeating: 0, count: 14)),
        ] as [(String, [UInt8])]
    )
    func v6(text: String, bytes: [UInt8]) { #expect(IPv6(text)?.bytes == bytes) }

    @Test(
        "what is no IPv6 address is none",
        arguments: [
            "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":::", "12345::", "g::",
            "1:2:3:4:5:6:7:8::",
            "+1::", "", ":1",
        ]
    )
    func notV6(text: String) { #expect(IPv6(text) == nil) }

    @Test("a netmask has its ones first")
    func masks() {
        #expect(IPv4("255.255.255.0")?.prefix == 24)
        #expect(IPv4("0.0.0.0")?.prefix == 0)
        #expect(IPv4("255.255.255.255")?.prefix == 32)
        #expect(IPv4("255.0.255.0")?.prefix == nil)
    }

    @Test("a subnet's prefix fits its family")
    func subnets() {
        #expect(Subnet("10.0.0.1/32") != nil && Subnet("fd00::1/128") != nil)
        for text in ["10.0.0.1", "10.0.0.1/33", "10.0.0.1/-1", "fd00::1/129", "/24", "10.0.0.1/"] {
            #expect(Subnet(text) == nil, "\(text)")
        }
    }

    @Test("what hosts may have is neither loopback nor multicast")
    func hosts() {
        #expect(IPv4("10.0.0.1")?.isHost == true)
        for text in ["0.1.2.3", "127.0.0.1", "224.0.0.1", "255.255.255.255"] {
            #expect(IPv4(text)?.isHost == false)
        }
    }
}

/// Every byte of a message to the kernel, with its field's name.
@Suite("Messages of rtnetlink")
struct LinkMessageTests {
    @Test("an address is added to a link")
    func address() throws {
        let subnet = try #require(Subnet("10.0.2.15/24"))
        #expect(
            LinkMessage.address(subnet, on: 3, isAdding: true) == [
                40, 0, 0, 0,  // length
                20, 0,  // RTM_NEWADDR
                0x05, 0x05,  // create, replace, acknowledge, request
                0, 0, 0, 0, 0, 0, 0, 0,  // sequence, port
                2, 24, 0, 0,  // AF_INET, prefix, flags, scope
                3, 0, 0, 0,  // link
                8, 0, 1, 0, 10, 0, 2, 15,  // IFA_ADDRESS
                8, 0, 2, 0, 10, 0, 2, 15,  // IFA_LOCAL
            ]
        )
    }

    @Test("a route over a gateway is added, and one of the link itself is taken away")
    func routes() throws {
        let all = Subnet(.v4(.any), prefix: 0)
        let gateway = try #require(Address("10.0.2.2"))
        #expect(
            LinkMessage.route(to: all, over: gateway, on: 2, isAdding: true) == [
                44, 0, 0, 0,  // length
                24, 0,  // RTM_NEWROUTE
                0x05, 0x05,  // create, replace, acknowledge, request
                0, 0, 0, 0, 0, 0, 0, 0,  // sequence, port
                2, 0, 0, 0,  // AF_INET, prefixes of target and source, service
                254, 16, 0, 1,  // main table, DHCP, universe, unicast
                4, 0, 0, 0,  // the gateway is on the link
                8, 0, 4, 0, 2, 0, 0, 0,  // RTA_OIF
                8, 0, 5, 0, 10, 0, 2, 2,  // RTA_GATEWAY
            ]
        )
        let net = try #require(Subnet("10.1.0.0/16"))
        #expect(
            LinkMessage.route(to: net, over: nil, on: 2, isAdding: false) == [
                44, 0, 0, 0,  // length
                25, 0,  // RTM_DELROUTE
                0x05, 0x00,  // acknowledge, request
                0, 0, 0, 0, 0, 0, 0, 0,  // sequence, port
                2, 16, 0, 0,  // AF_INET, prefixes of target and source, service
                254, 0, 253, 0,  // main table, any, link, any
                0, 0, 0, 0,  // flags
                8, 0, 4, 0, 2, 0, 0, 0,  // RTA_OIF
                8, 0, 1, 0, 10, 1, 0, 0,  // RTA_DST
            ]
        )
    }

    @Test("a link is switched on with its MTU")
    func up() {
        #expect(
            LinkMessage.up(2, mtu: 1400) == [
                40, 0, 0, 0,  // length
                16, 0,  // RTM_NEWLINK
                0x05, 0x00,  // acknowledge, request
                0, 0, 0, 0, 0, 0, 0, 0,  // sequence, port
                0, 0, 0, 0,  // family, padding, type
                2, 0, 0, 0,  // link
                1, 0, 0, 0, 1, 0, 0, 0,  // IFF_UP, of which that flag changes
                8, 0, 4, 0, 0x78, 5, 0, 0,  // IFLA_MTU
            ]
        )
        #expect(LinkMessage.up(2, mtu: nil).count == 32)
    }
}
