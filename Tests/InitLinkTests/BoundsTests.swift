import Testing

@testable import InitLink

/// Whoever packs a value out of its bounds is refused.
@Suite("Bounds when packing")
struct BoundsTests {
    private func text(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test("a request out of its bounds is not packed", arguments: badRequests)
    func requests(bad: Bad<Request>) {
        #expect(throws: bad.fault) { try bad.message.packed() }
    }

    @Test("an answer out of its bounds is not packed", arguments: badAnswers)
    func answers(bad: Bad<Answer>) {
        #expect(throws: bad.fault) { try bad.message.packed() }
    }

    @Test("each value at its bound is packed, fits its frame, and comes back as it was")
    func atTheBounds() throws {
        let link = LinkSettings(
            match: text(64),
            method: .fixed(
                addresses: Array(repeating: text(64), count: 16),
                gateways: Array(repeating: text(64), count: 2)
            ),
            mtu: 65536
        )
        let settings = NetworkSettings(
            hostName: text(64),
            links: Array(repeating: link, count: 32),
            nameservers: Array(repeating: text(64), count: 3),
            searchDomains: Array(repeating: text(253), count: 16),
            timeServers: Array(repeating: text(253), count: 8)
        )
        let requests: [Request] = [
            .restart(text(64)), .reboot(reason: text(4096)), .apply(settings),
            .logs(LogQuery(service: text(64), start: .newest(.max), since: .min, limit: 1000)),
        ]
        for request in requests { #expect(try Request(unpacking: request.packed()) == request) }
        let service = ServiceState(
            name: text(64),
            condition: .waiting,
            pid: .max,
            since: .min,
            restarts: .max,
            lastExit: text(256)
        )
        let lines = (0..<13).map { LogLine(time: $0, level: .error, text(4096)) }
        let answers: [Answer] = [
            .services(Array(repeating: service, count: 64)),
            .logs(LogPage(lines: lines, next: .max, dropped: .max)),
            .logs(
                LogPage(
                    lines: (0..<1000).map { LogLine(time: .min + $0, level: .debug, text(25)) }
                )
            ),
            .trial(TrialState(attemptsLeft: 3, secondsLeft: .max)),
            .clock(ClockState(now: .min, isSynchronised: false)),
        ]
        for answer in answers { #expect(try Answer(unpacking: answer.packed()) == answer) }
    }

    static let badRequests: [Bad<Request>] = [
        Bad(.restart(""), .missing(.serviceName)),
        Bad(.restart("a/b"), .text(.serviceName)),
        Bad(.restart("a\0"), .text(.serviceName)),
        Bad(.restart(long(65)), .tooLong(.serviceName, limit: 64)),
        Bad(.reboot(reason: "a\0b"), .text(.reason)),
        Bad(.powerOff(reason: long(4097)), .tooLong(.reason, limit: 4096)),
        Bad(.logs(LogQuery(service: "")), .missing(.serviceName)),
        Bad(.logs(LogQuery(service: "a", limit: 0)), .number(.logLimit, 0)),
        Bad(.logs(LogQuery(service: "a", limit: 1001)), .number(.logLimit, 1001)),
        Bad(.logs(LogQuery(service: "a", start: .newest(-1))), .number(.logStart, .max)),
        Bad(.apply(NetworkSettings(hostName: "")), .missing(.hostName)),
        Bad(.apply(NetworkSettings(hostName: "a_b")), .text(.hostName)),
        Bad(.apply(NetworkSettings(hostName: long(65))), .tooLong(.hostName, limit: 64)),
        Bad(
            .apply(NetworkSettings(nameservers: ["1", "2", "3", "4"])),
            .tooMany(.nameservers, limit: 3)
        ),
        Bad(.apply(NetworkSettings(nameservers: ["1 2"])), .text(.nameservers)),
        Bad(
            .apply(NetworkSettings(searchDomains: Array(repeating: "a", count: 17))),
            .tooMany(.searchDomains, limit: 16)
        ),
        Bad(.apply(NetworkSettings(timeServers: [long(254)])), .tooLong(.timeServers, limit: 253)),
        Bad(
            .apply(NetworkSettings(links: Array(repeating: link(.dhcp(clientID: "")), count: 33))),
            .tooMany(.links, limit: 32)
        ),
        Bad(.apply(link(.dhcp(clientID: "a\0"))), .text(.clientID)),
        Bad(.apply(link(.fixed(addresses: [], gateways: []))), .missing(.addresses)),
        Bad(.apply(link(.fixed(addresses: ["é"], gateways: []))), .text(.addresses)),
        Bad(
            .apply(link(.fixed(addresses: ["1"], gateways: ["1", "2", "3"]))),
            .tooMany(.gateways, limit: 2)
        ),
        Bad(.apply(link(.dhcp(clientID: ""), mtu: 67)), .number(.linkMTU, 67)),
        Bad(.apply(link(.dhcp(clientID: ""), mtu: 65537)), .number(.linkMTU, 65537)),
        Bad(.apply(link(.dhcp(clientID: ""), match: "")), .missing(.linkMatch)),
    ]

    static let badAnswers: [Bad<Answer>] = [
        Bad(
            .services(Array(repeating: GoldenAnswers.kubelet, count: 65)),
            .tooMany(.services, limit: 64)
        ),
        Bad(.restarted(ServiceState(name: "a b", condition: .failed)), .text(.serviceName)),
        Bad(
            .restarted(ServiceState(name: "a", condition: .failed, lastExit: long(257))),
            .tooLong(.serviceLastExit, limit: 256)
        ),
        Bad(
            .restarted(ServiceState(name: "a", condition: .failed, pid: 0)),
            .number(.servicePID, 0)
        ),
        Bad(.failure(.notFound(service: "a b")), .text(.failureSubject)),
        Bad(
            .logs(
                LogPage(lines: Array(repeating: LogLine(time: 0, level: .info, ""), count: 1001))
            ),
            .tooMany(.logLines, limit: 1000)
        ),
        Bad(
            .logs(
                LogPage(
                    lines: Array(repeating: LogLine(time: 0, level: .info, long(4096)), count: 14)
                )
            ),
            .tooLong(.logLines, limit: 56 * 1024)
        ),
        Bad(
            .trial(TrialState(attemptsLeft: 4, secondsLeft: 0)),
            .number(.attemptsLeft, 4)
        ),
    ]

    private static func long(_ count: Int) -> String { String(repeating: "a", count: count) }

    private static func link(
        _ method: LinkSettings.Method,
        match: String = "eth0",
        mtu: UInt32? = nil
    ) -> LinkSettings {
        LinkSettings(match: match, method: method, mtu: mtu)
    }
}

/// A value out of its bounds, and what is wrong with it.
struct Bad<Message: Sendable>: Sendable, CustomStringConvertible {
    let message: Message
    let fault: MessageFault
    var description: String { "\(fault)" }

    init(_ message: Message, _ fault: MessageFault) {
        self.message = message
        self.fault = fault
    }
}

extension Request {
    fileprivate static func apply(_ link: LinkSettings) -> Request {
        .apply(NetworkSettings(links: [link]))
    }
}
