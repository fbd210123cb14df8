import InitLink
import Testing

@testable import Boot

@Suite("Network")
struct NetworkTests {
    private let ground = MemoryGround()
    private let port = MemoryPort()

    private func addLink(_ name: String, _ index: Int, hasCarrier: Bool = true) {
        let folder = "/sys/class/net/\(name)"
        ground.set(folder + "/device/x", "")
        ground.set(folder + "/type", "1\n")
        ground.set(folder + "/ifindex", "\(index)\n")
        ground.set(folder + "/address", "52:54:00:12:34:5\(index)\n")
        ground.set(folder + "/carrier", hasCarrier ? "1\n" : "0\n")
    }

    private func network() -> Network {
        ground.set("/sys/class/net/lo/ifindex", "1\n")
        ground.set("/sys/class/net/veth0/ifindex", "9\n")
        let port = port
        return Network(
            on: ground,
            machineID: String(repeating: "ab", count: 16),
            opening: { _ in port }
        )
    }

    /// The port answers with one hardware address only.
    private func settle(_ network: Network) {
        for _ in 0..<6 {
            network.receive()
            network.tick()
        }
    }

    @Test("without settings the first link with a carrier gets a lease")
    func dhcp() {
        addLink("eth1", 3)
        addLink("eth0", 6, hasCarrier: false)
        ground.set("/sys/class/net/eth1/address", "52:54:00:12:34:56")
        let network = network()
        network.begin(NetworkSettings())
        settle(network)
        #expect(network.isUp)
        #expect(port.kinds == [.discover, .request])
        #expect(ground.text(Network.resolverFile) == "nameserver 10.0.2.3")
        #expect(ground.text(Network.hostNameFile) == "keel-abababab")
        #expect(ground.text(Network.timeFile) == "server pool.ntp.org iburst")
        #expect(ground.deeds("host") == ["keel-abababab"])
        #expect(ground.hasSaid("eth1: 10.0.2.15/24 by DHCP of 10.0.2.2"))
        // Loopback and both links are on; veth0 has no hardware behind it.
        #expect(ground.deeds("link").filter { $0.hasPrefix("16 ") }.count == 4)
    }

    @Test("a link that gets its carrier later is found")
    func late() {
        let network = network()
        network.begin(NetworkSettings())
        settle(network)
        #expect(!network.isUp)
        addLink("eth0", 6)
        ground.now += .seconds(1)
        settle(network)
        #expect(network.isUp)
    }

    @Test("fixed addresses take the lease's place, and back")
    func fixed() throws {
        addLink("eth0", 6)
        let network = network()
        network.begin(NetworkSettings())
        settle(network)
        let link = LinkSettings(
            match: "52:54:00:12:34:56",
            method: .fixed(addresses: ["192.168.7.2/24"], gateways: ["192.168.7.1"])
        )
        try network.apply(
            NetworkSettings(hostName: "n7", links: [link], nameservers: ["9.9.9.9"])
        )
        #expect(port.kinds.last == .release)
        let changes = ground.deeds("link").map { $0.prefix { $0 != " " } }
        // The route and the address of the lease go, then the link, its address, its route.
        #expect(changes.suffix(5) == ["25", "21", "16", "20", "24"])
        #expect(ground.text(Network.resolverFile) == "nameserver 9.9.9.9")
        #expect(network.hostName == "n7")
        try network.apply(NetworkSettings())
        settle(network)
        #expect(ground.text(Network.resolverFile) == "nameserver 10.0.2.3")
    }

    @Test("the same settings again change nothing")
    func same() throws {
        addLink("eth0", 6)
        let network = network()
        network.begin(NetworkSettings())
        settle(network)
        let before = ground.deeds("link").count
        try network.apply(NetworkSettings(hostName: "other"))
        settle(network)
        #expect(ground.deeds("link").count == before)
        #expect(port.kinds == [.discover, .request])
    }

    @Test("settings that make no sense change nothing")
    func nonsense() {
        addLink("eth0", 6)
        let network = network()
        network.begin(NetworkSettings())
        settle(network)
        let before = ground.deeds
        let link = LinkSettings(match: "eth0", method: .fixed(addresses: ["x"], gateways: []))
        #expect(throws: MessageFault.text(.addresses)) {
            try network.apply(NetworkSettings(hostName: "n", links: [link]))
        }
        #expect(ground.deeds == before)
        #expect(network.isUp)
    }

    @Test("kept settings that make no sense leave the default")
    func keptNonsense() {
        addLink("eth0", 6)
        let network = network()
        let link = LinkSettings(match: "eth0", method: .fixed(addresses: ["x"], gateways: []))
        network.begin(NetworkSettings(links: [link]))
        settle(network)
        #expect(network.isUp)
        #expect(ground.hasSaid("the kept network settings are refused"))
    }

    @Test("time servers that change are told, once")
    func time() throws {
        addLink("eth0", 6)
        let network = network()
        network.begin(NetworkSettings())
        #expect(network.hasNewTimeServers)
        network.hasNewTimeServers = false
        settle(network)
        try network.apply(NetworkSettings(timeServers: ["t1.example", "t2.example"]))
        #expect(network.hasNewTimeServers)
        let text = ground.text(Network.timeFile)
        #expect(text == "server t1.example iburst\nserver t2.example iburst")
    }

    @Test("the client's id is made of the machine's, as RFC 4361 wants it")
    func clientID() {
        let link = FoundLink(
            name: "eth0",
            index: 2,
            hardware: "52:54:00:12:34:56",
            hasCarrier: true
        )
        let id = Network.clientID("00112233445566778899aabbccddeeff", link)
        #expect(
            id == [
                255,  // an id of RFC 4361
                0, 0x12, 0x34, 0x56,  // the link
                0, 4,  // a UUID
                0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
                0xee, 0xff,
            ]
        )
    }
}
