import Testing

@testable import InitLink

/// Bytes that protobuf-c itself takes, or takes wrongly, and that are no message all the same.
@Suite("Bounds when unpacking")
struct UnpackingTests {
    /// Bytes and what is wrong with them.
    struct Wrong: Sendable, CustomStringConvertible {
        let bytes: [UInt8]
        let fault: MessageFault
        var description: String { "\(fault)" }

        init(_ fault: MessageFault, _ text: String) {
            self.fault = fault
            bytes = InitLinkTests.bytes(text)
        }
    }

    @Test("bytes that are no request are refused", arguments: wrongRequests)
    func requests(wrong: Wrong) {
        #expect(throws: wrong.fault) { try Request(unpacking: wrong.bytes) }
    }

    @Test("bytes that are no answer are refused", arguments: wrongAnswers)
    func answers(wrong: Wrong) {
        #expect(throws: wrong.fault) { try Answer(unpacking: wrong.bytes) }
    }

    @Test("a hello without a version is refused")
    func hello() {
        #expect(throws: MessageFault.missing(.version)) { try Hello(unpacking: []) }
        #expect(throws: MessageFault.encoding) { try Hello(unpacking: [0x08]) }
    }

    @Test("a field that nobody knows is passed over")
    func unknownField() throws {
        let found = try Request(
            unpacking: bytes(
                """
                42 02             | clock, 2 bytes
                78 01             |   field 15
                a2 06 02 61 62    | field 100
                """
            )
        )
        #expect(found == .clock)
    }

    @Test("of two verbs in one request the last one counts")
    func twoVerbs() throws {
        let both = bytes("12 03 0a 01 61 | restart \"a\"\n42 00 | clock {}")
        #expect(try Request(unpacking: both) == .clock)
    }

    @Test("lists longer than their limits are refused before their elements are looked at")
    func longLists() {
        let services = [UInt8](repeating: 0, count: 65).flatMap { _ in bytes("0a 00") }
        #expect(throws: MessageFault.tooMany(.services, limit: 64)) {
            try Answer(unpacking: bytes("12 82 01") + services)
        }
        let lines = [UInt8](repeating: 0, count: 1001).flatMap { _ in bytes("0a 00") }
        #expect(throws: MessageFault.tooMany(.logLines, limit: 1000)) {
            try Answer(unpacking: bytes("22 d2 0f") + lines)
        }
        let links = [UInt8](repeating: 0, count: 33).flatMap { _ in bytes("12 00") }
        #expect(throws: MessageFault.tooMany(.links, limit: 32)) {
            try Request(unpacking: bytes("32 42") + links)
        }
    }

    @Test("a log line longer than any line is refused, not cut")
    func longLine() {
        let text = [UInt8](repeating: 97, count: 4097)
        let line = bytes("10 02 1a 81 20") + text
        let page = bytes("0a 86 20") + line
        #expect(throws: MessageFault.tooLong(.logText, limit: 4096)) {
            try Answer(unpacking: bytes("22 89 20") + page)
        }
    }

    static let wrongRequests: [Wrong] = [
        Wrong(.missing(.verb), ""),
        Wrong(.missing(.verb), "78 01           | only a field nobody knows"),
        Wrong(.encoding, "ff              | a tag that does not end"),
        Wrong(.encoding, "12 05 0a 01     | restart is cut"),
        Wrong(.encoding, "12 03 0a 7f 61  | name is longer than its message"),
        Wrong(.missing(.serviceName), "12 00           | restart {}"),
        Wrong(.text(.serviceName), "12 05 0a 03 61 00 62 | name \"a\\0b\""),
        Wrong(.text(.serviceName), "12 04 0a 02 c3 28 | name is no UTF-8"),
        Wrong(.text(.serviceName), "12 05 0a 03 ed a0 80 | name is half a surrogate pair"),
        Wrong(.text(.serviceName), "12 04 0a 02 c0 80 | name is a NUL in disguise"),
        Wrong(.text(.reason), "22 04 0a 02 61 00 | reason ends in a NUL"),
        Wrong(.number(.logStart, 3), "1a 07 0a 01 61 10 03 30 01 | start 3"),
        Wrong(
            .number(.logStart, .max),
            "1a 12 0a 01 61 10 01 18 ff ff ff ff ff ff ff ff ff 01 30 01 | newest 2^64 - 1"
        ),
        Wrong(.number(.logLevel, 5), "1a 07 0a 01 61 28 05 30 01 | level 5"),
        Wrong(.number(.logLimit, 0), "1a 03 0a 01 61 | no limit"),
        Wrong(.missing(.linkMethod), "32 08 12 06 0a 04 65 74 68 30 | a link without method"),
        Wrong(.text(.hostName), "32 04 0a 02 61 0a | host name with a line break"),
        Wrong(.number(.linkMTU, 1), "32 0a 12 08 0a 02 6c 6f 12 00 20 01 | mtu 1"),
    ]

    static let wrongAnswers: [Wrong] = [
        Wrong(.missing(.outcome), ""),
        Wrong(.encoding, "12 01 0a        | services is cut"),
        Wrong(.number(.serviceCondition, 0), "1a 03 0a 01 61 | no condition"),
        Wrong(.number(.serviceCondition, 6), "1a 05 0a 01 61 10 06 | condition 6"),
        Wrong(
            .number(.servicePID, 1 << 31),
            "1a 0b 0a 01 61 10 01 18 80 80 80 80 08 | pid 2^31"
        ),
        Wrong(.missing(.logLevel), "22 02 0a 00     | a line without level"),
        Wrong(.number(.logLevel, 9), "22 04 0a 02 10 09 | level 9"),
        Wrong(.number(.attemptsLeft, 4), "32 04 0a 02 08 04 | 4 tries left"),
        Wrong(.number(.failureKind, 0), "0a 00           | failure {}"),
        Wrong(.number(.failureKind, 5), "0a 02 08 05     | kind 5"),
        Wrong(.number(.failureVerb, 9), "0a 04 08 01 10 09 | verb 9"),
        Wrong(.missing(.failureSubject), "0a 02 08 02     | nothing was not found"),
        Wrong(.missing(.failureFault), "0a 02 08 03     | invalid without a fault"),
        Wrong(.number(.failureFault, 8), "0a 04 08 03 28 08 | fault 8"),
        Wrong(.number(.failureField, 0), "0a 04 08 03 28 03 | missing, but what"),
        Wrong(.number(.failureField, 33), "0a 06 08 03 28 04 30 21 | field 33"),
        Wrong(.number(.failureNumber, 0), "0a 02 08 04     | errno 0"),
        Wrong(.number(.failureNumber, 4096), "0a 05 08 04 20 80 20 | errno 4096"),
    ]
}
