import Slots
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
