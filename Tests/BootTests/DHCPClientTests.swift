import Testing

@testable import Boot

/// The conversation, as figure 5 of RFC 2131 draws it.
@Suite("DHCP client")
struct DHCPClientTests {
    private let started = DHCPClient(
        hardware: DHCPBytes.hardware,
        clientID: [255, 1, 2],
        hostName: "n1",
        seed: 42,
        now: .zero
    )

    private func sent(_ actions: [DHCPClient.Action]) throws -> (message: DHCPMessage, to: IPv4?) {
        try #require(actions.count == 1)
        guard case .send(let message, let target) = actions[0] else {
            Issue.record("\(actions[0]) is no message")
            throw CancellationError()
        }
        return (message, target)
    }

    private func bound(at now: Duration = .zero) throws -> (DHCPClient, UInt32) {
        var client = started
        let discover = try sent(client.tick(now: now)).message
        let exchange = discover.exchange
        _ = client.receive(DHCPBytes.qemu(2, exchange: exchange), now: now)
        let actions = client.receive(DHCPBytes.qemu(5, exchange: exchange), now: now)
        #expect(actions.count == 1)
        return (client, exchange)
    }

    @Test("an offer is requested, an acknowledgement is configured")
    func lease() throws {
        var client = started
        let (discover, target) = try sent(client.tick(now: .zero))
        #expect(discover.kind == .discover && target == nil && discover.wantsBroadcast)
        #expect(discover.options[61] == [255, 1, 2] && discover.options[12] == Array("n1".utf8))
        let offer = DHCPBytes.qemu(2, exchange: discover.exchange)
        let (request, _) = try sent(client.receive(offer, now: .seconds(1)))
        #expect(request.kind == .request && request.exchange == discover.exchange)
        #expect(request.options[50] == [10, 0, 2, 15] && request.options[54] == [10, 0, 2, 2])
        #expect(request.clientAddress == .any)
        let answer = DHCPBytes.qemu(5, exchange: discover.exchange)
        let actions = client.receive(answer, now: .seconds(2))
        let lease = try #require(client.lease)
        #expect(actions == [.configure(lease)])
        #expect(client.nextTime == .seconds(2 + 43200))
    }

    @Test("what is not for us changes nothing")
    func strangers() throws {
        var client = started
        let exchange = try sent(client.tick(now: .zero)).message.exchange
        #expect(client.receive(DHCPBytes.qemu(2, exchange: exchange &+ 1), now: .zero).isEmpty)
        #expect(client.receive(DHCPBytes.qemu(5, exchange: exchange), now: .zero).isEmpty)
        var other = DHCPBytes.qemu(2, exchange: exchange)
        other[28] ^= 1
        #expect(client.receive(other, now: .zero).isEmpty)
        other = DHCPBytes.qemu(2, exchange: exchange)
        other[0] = 1
        #expect(client.receive(other, now: .zero).isEmpty)
        #expect(client.receive([1, 2, 3], now: .zero).isEmpty)
        guard case .selecting = client.state else {
            Issue.record("it went on")
            return
        }
    }

    @Test("unanswered, it asks again after 2, 4, 8, 16 and 32 seconds, more or less one")
    func silence() throws {
        var client = started
        var now = Duration.zero
        var waits: [Duration] = []
        var exchanges: Set<UInt32> = []
        for _ in 0..<7 {
            exchanges.insert(try sent(client.tick(now: now)).message.exchange)
            #expect(client.tick(now: now).isEmpty)
            waits.append(client.nextTime - now)
            now = client.nextTime
        }
        for (wait, middle) in zip(waits, [2, 4, 8, 16, 32, 32, 32]) {
            #expect(wait >= .seconds(middle - 1) && wait <= .seconds(middle + 1))
        }
        #expect(exchanges.count == 1)
    }

    @Test("a request that nobody answers four times begins anew")
    func lostServer() throws {
        var client = started
        let exchange = try sent(client.tick(now: .zero)).message.exchange
        _ = client.receive(DHCPBytes.qemu(2, exchange: exchange), now: .zero)
        for _ in 0..<3 {
            #expect(try sent(client.tick(now: client.nextTime)).message.kind == .request)
        }
        #expect(client.tick(now: client.nextTime).isEmpty)
        #expect(client.state == .selecting(tries: 0))
        let again = try sent(client.tick(now: client.nextTime)).message
        #expect(again.kind == .discover && again.exchange != exchange)
    }

    @Test("a refusal of the server that was asked begins anew, of another one it does not")
    func refused() throws {
        var client = started
        let exchange = try sent(client.tick(now: .zero)).message.exchange
        _ = client.receive(DHCPBytes.qemu(2, exchange: exchange), now: .zero)
        let other = DHCPBytes.refusal(exchange: exchange, server: [10, 0, 2, 9])
        #expect(client.receive(other, now: .zero).isEmpty)
        guard case .requesting = client.state else {
            Issue.record("it gave up")
            return
        }
        _ = client.receive(DHCPBytes.refusal(exchange: exchange), now: .zero)
        #expect(client.state == .selecting(tries: 0))
        #expect(client.nextTime == .seconds(10))
    }

    @Test("it renews with its server, unicast, and only then asks everybody")
    func renewal() throws {
        var (client, exchange) = try bound()
        #expect(client.tick(now: .seconds(43199)).isEmpty)
        var (request, target) = try sent(client.tick(now: .seconds(43200)))
        #expect(request.kind == .request && target == IPv4("10.0.2.2"))
        #expect(request.clientAddress == IPv4("10.0.2.15"))
        #expect(request.options[50] == nil && request.options[54] == nil)
        #expect(request.exchange != exchange)
        #expect(client.nextTime == .seconds(43200 + 16200))
        (request, target) = try sent(client.tick(now: .seconds(75600)))
        #expect(target == nil && request.clientAddress == IPv4("10.0.2.15"))
        let actions = client.receive(
            DHCPBytes.qemu(5, exchange: request.exchange),
            now: .seconds(75601)
        )
        #expect(actions == [.configure(try #require(client.lease))])
        #expect(client.nextTime == .seconds(75601 + 43200))
    }

    @Test("a lease that nobody renews is dropped at its end")
    func end() throws {
        var (client, _) = try bound()
        let lease = try #require(client.lease)
        _ = client.tick(now: .seconds(43200))
        _ = client.tick(now: .seconds(75600))
        let actions = client.tick(now: .seconds(86400))
        #expect(actions.first == .drop(lease) && actions.count == 2)
        #expect(client.lease == nil)
        guard case .send(let message, nil) = actions[1] else {
            Issue.record("no message")
            return
        }
        #expect(message.kind == .discover && message.clientAddress == .any)
    }

    @Test("a refusal while it renews drops the lease at once")
    func refusedLater() throws {
        var (client, _) = try bound()
        let lease = try #require(client.lease)
        let exchange = try sent(client.tick(now: .seconds(43200))).message.exchange
        let actions = client.receive(DHCPBytes.refusal(exchange: exchange), now: .seconds(43201))
        #expect(actions == [.drop(lease)])
    }

    @Test("another address replaces the old one")
    func moved() throws {
        var (client, _) = try bound()
        let old = try #require(client.lease)
        let exchange = try sent(client.tick(now: .seconds(43200))).message.exchange
        var answer = DHCPBytes.qemu(5, exchange: exchange)
        answer[19] = 77
        let actions = client.receive(answer, now: .seconds(43201))
        #expect(actions == [.drop(old), .configure(try #require(client.lease))])
        #expect(client.lease?.address == IPv4("10.0.2.77"))
    }

    @Test("it gives back what it has, and nothing else")
    func farewell() throws {
        #expect(started.farewell() == nil)
        let (client, _) = try bound()
        let (message, target) = try sent([try #require(client.farewell())])
        #expect(message.kind == .release && target == IPv4("10.0.2.2"))
        #expect(message.clientAddress == IPv4("10.0.2.15"))
    }
}
