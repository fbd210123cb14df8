import Slots
import Syscalls
import Testing
import Trust

@testable import Agent

@Suite("Identity")
struct IdentityTests {
    let folder: TemporaryFolder
    var state: StateFolder { folder.state }
    let now = Timestamp(seconds: 1_800_000_000)
    let day = 86400

    init() throws { folder = try TemporaryFolder() }

    private func identity(at time: Timestamp) throws -> Identity {
        try Identity(
            state: state,
            names: ["node", "10.0.0.7"],
            now: time,
            lifetime: .init(days: 100, renewalDays: 10)
        )
    }

    @Test("the first start makes machine id, key and certificate; the next one finds them")
    func keeps() throws {
        let first = try identity(at: now)
        #expect(first.machineID.utf8.count == 32)
        #expect([UInt8](hex: first.machineID) != nil)
        let again = try identity(at: Timestamp(seconds: now.seconds + day))
        #expect(again.machineID == first.machineID)
        #expect(again.certificate == first.certificate)
        #expect(again.server(clientCA: nil).key == first.server(clientCA: nil).key)
        #expect(first.certificate.isSigned(by: first.certificate))
        #expect(first.certificate.commonName == "keel-\(first.machineID.prefix(8))")
    }

    @Test("the certificate is made anew before it expires, and the fingerprint stays")
    func renews() throws {
        let first = try identity(at: now)
        let before = first.certificate
        let pin = first.fingerprint
        #expect(try !first.renew(names: [], now: Timestamp(seconds: now.seconds + 88 * day)))
        #expect(try first.renew(names: [], now: Timestamp(seconds: now.seconds + 91 * day)))
        #expect(first.certificate != before)
        #expect(first.fingerprint == pin && pin == before.publicKeyHash)
        #expect(first.certificate.notAfter > before.notAfter)
        let kept = try #require(try state.read(Identity.certificateFile, limit: 1 << 16))
        #expect(try Certificate.chain(pem: kept) == [first.certificate])
    }

    @Test("a certificate from a future that the clock had imagined is made anew")
    func clockWentBack() throws {
        let early = try identity(at: Timestamp(seconds: now.seconds + 50 * day))
        let later = try identity(at: now)
        #expect(later.certificate != early.certificate)
        #expect(later.certificate.isValid(at: now))
    }

    @Test("a damaged certificate is made anew, a damaged key or machine id never")
    func damaged() throws {
        let first = try identity(at: now)
        try state.write(Identity.certificateFile, Array("nonsense".utf8))
        #expect(try identity(at: now).machineID == first.machineID)
        try state.write(Identity.keyFile, Array("nonsense".utf8))
        #expect(throws: IdentityError.unreadable(file: Identity.keyFile)) {
            try identity(at: now)
        }
        try state.write(Identity.machineIDFile, Array("nonsense".utf8))
        #expect(throws: IdentityError.unreadable(file: Identity.machineIDFile)) {
            try identity(at: now)
        }
    }

    @Test("IPv6 addresses that others can reach are read from the kernel's table")
    func sixes() {
        let table = """
            20010db8000000000000000000000007 02 40 00 80     eth0
            20010db80000000000000000000000aa 02 40 00 01     eth0
            20010db80000000000000000000000bb 02 40 00 c0     eth0
            20010db80000000000000000000000cc 02 40 00 08     eth0
            fd000000000000000000ffffabcd0001 03 40 00 20     eth1
            20010db8000000000000000000000007 04 80 00 80    dummy
            fe800000000000000250b6fffe000001 02 40 20 80     eth0
            00000000000000000000000000000001 01 80 10 80       lo
            nonsense 01 80 00 80 lo
            """
        #expect(
            HostFacts.addresses(ifInet6: table)
                == ["2001:db8:0:0:0:0:0:7", "fd00:0:0:0:0:ffff:abcd:1"]
        )
        #expect(HostFacts.addresses(ifInet6: "") == [])
    }

    @Test("the certificate carries the machine's IPv6 addresses")
    func alternativeNames() throws {
        let made = try Identity(
            state: state,
            names: ["node", "10.0.0.7"]
                + HostFacts.addresses(
                    ifInet6: "20010db8000000000000000000000007 02 40 00 80 eth0"
                ),
            now: now
        )
        let path = try folder.write(made.certificate.pem, to: "agent.crt")
        let outcome = try Spawn.run(
            "/usr/bin/openssl",
            ["x509", "-in", path, "-noout", "-ext", "subjectAltName"],
            outputLimit: 4096,
            timeout: .seconds(30)
        )
        let text = String(decoding: outcome.output, as: UTF8.self)
        #expect(text.contains("DNS:node, IP Address:10.0.0.7, IP Address:2001:DB8:0:0:0:0:0:7"))
    }

    @Test("the machine's addresses are read from the routing trie")
    func addresses() {
        let trie = """
            Main:
              +-- 0.0.0.0/0 3 0 5
                 |-- 10.0.0.0
                    /24 link UNICAST
                 |-- 10.0.0.7
                    /32 host LOCAL
                 |-- 10.0.0.255
                    /32 link BROADCAST
                 |-- 127.0.0.1
                    /32 host LOCAL
            Local:
                 |-- 10.0.0.7
                    /32 host LOCAL
            """
        #expect(HostFacts.addresses(fibTrie: trie) == ["10.0.0.7", "127.0.0.1"])
        #expect(HostFacts.addresses(fibTrie: "") == [])
    }
}
