import Testing

@testable import API

/// The written forms of places.
@Suite("Places")
struct EndpointTests {
    @Test(
        "an endpoint is a host and a port",
        arguments: [
            ("127.0.0.1:50051", "ipv4:127.0.0.1:50051"),
            ("node-1.example:1", "dns:///node-1.example:1"),
            ("[2001:db8::1]:65535", "ipv6:[2001:db8::1]:65535"),
            ("[::]:50051", "ipv6:[::]:50051"),
        ]
    )
    func good(text: String, target: String) throws {
        #expect(try Endpoint(text).target == target)
    }

    @Test(
        "what is no endpoint is refused",
        arguments: [
            "", ":", "host", "host:", ":1", "host:0", "host:65536", "host:99999999", "host:+1",
            "host:1x", "2001:db8::1:50051", "[host]:1", "[]:1", "https://host:1", "ho st:1",
            "unix:/run/x:1", "host/path:1", "user@host:1",
        ]
    )
    func bad(text: String) {
        #expect(throws: CallFailure.self) { try Endpoint(text) }
    }

    @Test(
        "a peer's address is written as people write it",
        arguments: [
            ("ipv4:192.0.2.1:443", "192.0.2.1:443"),
            ("ipv6:%5B2001:db8::1%5D:443", "[2001:db8::1]:443"),
            ("ipv6:%5Bfe80::1%25eth0%5D:443", "[fe80::1%eth0]:443"),
        ]
    )
    func peer(uri: String, address: String) {
        #expect(Peer(uri: uri, certificate: nil).address == address)
    }

    @Test(
        "IPv6 addresses are told from what is none",
        arguments: [
            ("::", true), ("::1", true), ("1::", true), ("1:2:3:4:5:6:7:8", true),
            ("2001:db8::192.0.2.1", true), ("1:2:3:4:5:6:7", false), ("1::2::3", false),
            (":::", false), ("1:2:3:4:5:6:7:8:9", false), ("12345::", false), ("g::", false),
            ("1:2:3:4:5:6:7::8", false), ("192.0.2.1", false), ("", false), (":1", false),
        ]
    )
    func sixes(text: String, isOne: Bool) {
        #expect(NetworkText.isIPv6(text) == isOne)
    }

    @Test(
        "an address is itself, however it is written",
        arguments: [
            ("2001:db8::7", "2001:DB8:0:0:0:0:0:7", true), ("::1", "0:0:0:0:0:0:0:1", true),
            ("::ffff:192.0.2.1", "::ffff:c000:201", true), ("2001:db8::7", "2001:db8::8", false),
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "::ffff:192.0.2.1", false),
            ("::1", "nonsense", false),
        ]
    )
    func same(one: String, other: String, isSame: Bool) {
        #expect(NetworkText.isSameAddress(one, other) == isSame)
        #expect(NetworkText.isSameAddress(other, one) == isSame)
    }

    @Test(
        "IPv4 addresses are told from what is none",
        arguments: [
            ("0.0.0.0", true), ("255.255.255.255", true), ("256.0.0.1", false), ("1.2.3", false),
            ("01.2.3.4", false), ("1.2.3.4.5", false), ("1..2.3", false), ("a.b.c.d", false),
        ]
    )
    func fours(text: String, isOne: Bool) {
        #expect(NetworkText.isIPv4(text) == isOne)
    }

    @Test(
        "a taint is KEY=VALUE:EFFECT or KEY:EFFECT",
        arguments: [
            ("a:NoSchedule", true), ("a=b:NoExecute", true), ("x.io/a=:PreferNoSchedule", true),
            ("a", false), ("a:Never", false), (":NoSchedule", false), ("=b:NoSchedule", false),
            ("a=b=c:NoSchedule", false), ("", false), ("a:b:NoSchedule", false),
        ]
    )
    func taints(text: String, isOne: Bool) {
        #expect(NetworkText.isTaint(text) == isOne)
    }
}
