import Simulator

@testable import InitLink

/// A stream of frames on the control socket: taken within every bound, so that it can be packed
/// again and comes back as it was, or refused; however the stream was cut into pieces.
struct FrameTarget: FuzzTarget {
    static let name = "frame"
    static let rounds = 3000
    static let dialect = Dialect(
        limit: 70 << 10,
        tokens: [
            "\u{8}\u{1}", "\u{12}\0", "\u{a}\u{7}kubelet", "\u{10}\u{1}", "\u{22}\u{3}why", "\0",
        ],
        fields: [Dialect.Field(0, 4)]
    )

    func seeds() throws -> [[UInt8]] {
        let query = LogQuery(
            service: "agent",
            start: .newest(50),
            since: 1000,
            level: .warning,
            limit: 100
        )
        let settings = NetworkSettings(
            hostName: "node",
            links: [
                LinkSettings(match: "eth0", method: .dhcp(clientID: "c"), mtu: 1500),
                LinkSettings(
                    match: "eth1",
                    method: .fixed(addresses: ["10.0.0.2/24"], gateways: ["10.0.0.1"]),
                    mtu: nil
                ),
            ],
            nameservers: ["10.0.0.3"],
            searchDomains: ["example.com"],
            timeServers: ["time"]
        )
        let requests: [Request] = [
            .services, .restart("kubelet"), .logs(query), .reboot(reason: "why"), .apply(settings),
            .trial, .clock,
        ]
        let answers: [Answer] = [
            .done, .failure(.notFound(service: "x")),
            .logs(
                LogPage(
                    lines: [LogLine(time: 5, level: .info, "text")],
                    next: 9,
                    dropped: 1,
                    hasMore: true
                )
            ),
            .trial(TrialState(attemptsLeft: 2, secondsLeft: 5)),
            .clock(ClockState(now: 1, isSynchronised: true)),
        ]
        let messages =
            try [Hello(version: 1).packed()] + requests.map { try $0.packed() }
            + answers.map { try $0.packed() }
        let frames = messages.filter { !$0.isEmpty }.map(Frame.wrap)
        return frames + [Array(frames.joined())]
    }

    /// Puts the length of the first frame right.
    func mend(_ input: inout [UInt8], using generator: inout SeededGenerator) {
        guard (5...Frame.limit).contains(input.count) else { return }
        input = Frame.wrap(Array(input.dropFirst(4)))
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let whole = try read(input, piece: max(1, input.count))
        // In small pieces it costs more: only what is short.
        let pieces = input.count < 2048 ? try read(input, piece: 3) : whole
        try promise(whole.messages == pieces.messages, "pieces make other messages")
        try promise(whole.ending == pieces.ending, "pieces end in \(pieces.ending)")
        let words = try whole.messages.map { (message) throws(BrokenPromise) in
            try check(message: message)
        }
        return words.prefix(3).joined(separator: " ") + " " + whole.ending
    }

    private func read(
        _ input: [UInt8],
        piece: Int
    ) throws(BrokenPromise) -> (messages: [[UInt8]], ending: String) {
        var reader = FrameReader()
        var messages: [[UInt8]] = []
        for start in stride(from: 0, to: input.count, by: piece) {
            reader.append(input[start..<min(start + piece, input.count)])
            do {
                while let message = try reader.next() {
                    try promise((1...Frame.limit).contains(message.count), "a message too long")
                    messages.append(message)
                }
            } catch let broken as BrokenPromise {
                throw broken
            } catch {
                return (messages, "refused")
            }
        }
        return (messages, reader.isInside ? "inside" : "between")
    }

    private func check(message: [UInt8]) throws(BrokenPromise) -> String {
        var words: [String] = []
        if let hello = try? Hello(unpacking: message) {
            let again = try must("a greeting is refused") { () throws(MessageFault) in
                try Hello(unpacking: hello.packed())
            }
            try promise(again == hello, "another greeting")
            words.append("hello")
        }
        switch Result(catching: { () throws(MessageFault) in try Request(unpacking: message) }) {
        case .success(let request):
            let again = try must("a request is refused") { () throws(MessageFault) in
                try Request(unpacking: request.packed())
            }
            try promise(again == request, "another request")
            words.append("request")
        case .failure(let error): words.append(ending(error))
        }
        switch Result(catching: { () throws(MessageFault) in try Answer(unpacking: message) }) {
        case .success(let answer):
            let again = try must("an answer is refused") { () throws(MessageFault) in
                try Answer(unpacking: answer.packed())
            }
            try promise(again == answer, "another answer")
            words.append("answer")
        case .failure(let error): words.append(ending(error))
        }
        return words.joined(separator: "/")
    }
}

/// Records of the kernel's log: passed over, or a line of no more bytes.
struct KernelLogTarget: FuzzTarget {
    static let name = "kernellog"
    static let rounds = 6000
    static let dialect = Dialect(
        limit: 4096,
        tokens: [
            "6,", ",-;", ";", ",", "\n", "\\x0a", "18446744073709551615", "9223372036854775807",
        ]
    )

    func seeds() -> [[UInt8]] {
        ["6,339,5140900,-;text\n SUBSYSTEM=acpi\n", "4,1,0,-,caller=T1;\\x0a"].map {
            Array($0.utf8)
        }
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        guard let record = KernelRecord(parsing: input[...]) else { return "passed over" }
        try promise((0...7).contains(record.severity), "severity \(record.severity)")
        try promise(record.text.count <= input.count, "more text than bytes")
        for epoch in [0, Int64.max, Int64.min] {
            let line = record.line(epoch: epoch)
            try promise(line.level == record.level, "another level")
        }
        return "\(record.level)"
    }
}
