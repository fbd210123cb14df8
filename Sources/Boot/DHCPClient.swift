/// One link's conversation with DHCP servers: a value that is told what came and what time it is,
/// and says what to send and what to set. Source: RFC 2131, section 4.4, figure 5.
///
/// | state | on the wire | leaves by |
/// |--|--|--|
/// | selecting | DISCOVER, broadcast | an offer |
/// | requesting | REQUEST for that offer, broadcast | ACK; NAK, or no answer four times |
/// | bound | nothing | the renewal time |
/// | renewing | REQUEST to the server | ACK; NAK; the rebinding time |
/// | rebinding | REQUEST, broadcast | ACK; NAK; the lease's end |
///
/// A message that went unanswered is sent again after 2, 4, 8, 16 and then each 32 seconds, each
/// a second more or less by chance; while renewing after half of the time that is left, at least
/// a minute.
struct DHCPClient: Sendable {
    enum Action: Sendable, Hashable {
        /// To all (`nil`) or to one server.
        case send(DHCPMessage, to: IPv4?)
        /// The lease is new or says something else.
        case configure(DHCPLease)
        /// The lease is over.
        case drop(DHCPLease)
    }

    enum State: Sendable, Hashable {
        case selecting(tries: Int)
        case requesting(offer: DHCPMessage, tries: Int)
        case bound(DHCPLease, since: Duration)
        case renewing(DHCPLease, since: Duration)
        case rebinding(DHCPLease, since: Duration)
    }

    private(set) var state = State.selecting(tries: 0)
    /// When `tick` must be called.
    private(set) var nextTime: Duration
    private let hardware: [UInt8]
    private let clientID: [UInt8]
    private let hostName: String?
    private var exchange: UInt32
    private var began: Duration

    /// - Parameters:
    ///   - hardware: the link's address, six bytes.
    ///   - clientID: the value of option 61, its type byte first.
    ///   - seed: any number that other machines do not have.
    init(hardware: [UInt8], clientID: [UInt8], hostName: String?, seed: UInt32, now: Duration) {
        precondition(hardware.count == 6, "an Ethernet address has six bytes")
        self.hardware = hardware
        self.clientID = clientID
        self.hostName = hostName
        exchange = seed
        began = now
        nextTime = now
    }

    var lease: DHCPLease? {
        switch state {
        case .bound(let lease, _), .renewing(let lease, _), .rebinding(let lease, _): lease
        case .selecting, .requesting: nil
        }
    }

    /// Time went by.
    mutating func tick(now: Duration) -> [Action] {
        guard now >= nextTime else { return [] }
        switch state {
        case .selecting(let tries): return discover(after: tries, now)
        case .requesting(let offer, let tries):
            guard tries < 4 else { return restart(now) }
            state = .requesting(offer: offer, tries: tries + 1)
            wait(tries, now)
            return [.send(request(offer, now), to: nil)]
        case .bound(let lease, let since):
            newExchange(now)
            state = .renewing(lease, since: since)
            return renew(lease, since, now)
        case .renewing(let lease, let since), .rebinding(let lease, let since):
            return renew(lease, since, now)
        }
    }

    /// A packet came; what is not for us or says nothing useful is passed over.
    mutating func receive(_ bytes: [UInt8], now: Duration) -> [Action] {
        guard let message = DHCPMessage(parsing: bytes), message.isReply,
            message.exchange == exchange, message.hardware == hardware
        else { return [] }
        switch (state, message.kind) {
        case (.selecting, .offer):
            guard DHCPLease(message) != nil else { return [] }
            state = .requesting(offer: message, tries: 1)
            wait(0, now)
            return [.send(request(message, now), to: nil)]
        case (.requesting, .acknowledge), (.renewing, .acknowledge), (.rebinding, .acknowledge):
            return accept(message, now)
        case (.requesting(let offer, _), .refuse):
            guard message.address(54) == offer.address(54) else { return [] }
            return restart(now)
        case (.renewing(let lease, _), .refuse), (.rebinding(let lease, _), .refuse):
            return [.drop(lease)] + restart(now)
        default: return []
        }
    }

    /// What to say when the link goes out of use: nothing is waited for.
    func farewell() -> Action? {
        guard let lease else { return nil }
        var message = message(.release)
        message.clientAddress = lease.address
        message.options[54] = lease.server.bytes
        return .send(message, to: lease.server)
    }

    private mutating func discover(after tries: Int, _ now: Duration) -> [Action] {
        if tries == 0 { newExchange(now) }
        state = .selecting(tries: tries + 1)
        wait(tries, now)
        var message = message(.discover, now)
        message.wantsBroadcast = true
        return [.send(message, to: nil)]
    }

    private mutating func accept(_ message: DHCPMessage, _ now: Duration) -> [Action] {
        guard let lease = DHCPLease(message) else { return [] }
        let old = self.lease
        state = .bound(lease, since: now)
        nextTime = now + lease.renewal
        guard let old, old.address != lease.address else { return [.configure(lease)] }
        return [.drop(old), .configure(lease)]
    }

    /// Begins anew; a refusal is not answered at once, or a server that always refuses is flooded.
    private mutating func restart(_ now: Duration) -> [Action] {
        state = .selecting(tries: 0)
        nextTime = now + .seconds(10)
        return []
    }

    private mutating func renew(
        _ lease: DHCPLease,
        _ since: Duration,
        _ now: Duration
    ) -> [Action] {
        let age = now - since
        guard age < lease.end else {
            state = .selecting(tries: 0)
            nextTime = now
            return [.drop(lease)] + tick(now: now)
        }
        let isRebinding = age >= lease.rebinding
        if isRebinding { state = .rebinding(lease, since: since) }
        let limit = since + (isRebinding ? lease.end : lease.rebinding)
        nextTime = min(limit, now + max(.seconds(60), (limit - now) / 2))
        var message = message(.request, now)
        message.clientAddress = lease.address
        return [.send(message, to: isRebinding ? nil : lease.server)]
    }

    private func request(_ offer: DHCPMessage, _ now: Duration) -> DHCPMessage {
        var message = message(.request, now)
        message.wantsBroadcast = true
        message.options[50] = offer.yourAddress.bytes
        message.options[54] = offer.options[54]
        return message
    }

    private func message(_ kind: DHCPMessage.Kind, _ now: Duration? = nil) -> DHCPMessage {
        var message = DHCPMessage(exchange: exchange, hardware: hardware)
        message.options[53] = [kind.rawValue]
        message.options[61] = clientID
        guard let now else { return message }
        message.seconds = UInt16(clamping: (now - began).components.seconds)
        message.options[12] = hostName.map { Array($0.utf8.prefix(63)) }
        // Mask, router, name servers, domain, MTU, time servers, times, classless routes.
        message.options[55] = [1, 3, 6, 15, 26, 42, 51, 58, 59, 121]
        message.options[57] = [0x05, 0xdc]
        return message
    }

    private mutating func newExchange(_ now: Duration) {
        exchange = Self.next(exchange)
        began = now
    }

    /// A second more or less, so that machines that start together do not stay together.
    private mutating func wait(_ tries: Int, _ now: Duration) {
        let chance = Int64(Self.next(exchange &+ UInt32(tries)) % 2000) - 1000
        nextTime = now + .seconds(2 << min(tries, 4)) + .milliseconds(chance)
    }

    /// Steps of xorshift, which never gives 0 for another number.
    private static func next(_ number: UInt32) -> UInt32 {
        var number = number == 0 ? 0x9e37_79b9 : number
        number ^= number << 13
        number ^= number >> 17
        number ^= number << 5
        return number
    }
}
