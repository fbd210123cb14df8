import Syscalls
import Testing

@testable import InitLink

/// The bytes that are on the socket of a node in the field.
@Suite("Golden bytes")
struct GoldenTests {
    @Test("hello has just these bytes")
    func hello() throws {
        let golden = bytes("08 01 | version 1")
        #expect(try Hello(version: 1).packed() == golden)
        #expect(try Hello(unpacking: golden) == Hello(version: 1))
        #expect(Hello.ours == 1)
    }

    @Test(
        "a request has just these bytes, and they are that request",
        arguments: GoldenRequests.all
    )
    func request(golden: Golden<Request>) throws {
        #expect(try golden.message.packed() == golden.bytes)
        #expect(try Request(unpacking: golden.bytes) == golden.message)
    }

    @Test("an answer has just these bytes, and they are that answer", arguments: GoldenAnswers.all)
    func answer(golden: Golden<Answer>) throws {
        #expect(try golden.message.packed() == golden.bytes)
        #expect(try Answer(unpacking: golden.bytes) == golden.message)
    }

    @Test("every verb of the protocol and every condition has its own golden number")
    func numbers() {
        #expect(InitVerb.allCases.map(\.rawValue) == Array(1...8))
        #expect(LogLevel.allCases.map(\.rawValue) == Array(1...4))
        let conditions = ServiceState.Condition.allCases.map(\.number.rawValue)
        #expect(conditions == Array(1...5))
        #expect(MessageFault.Field.allCases.map(\.rawValue) == Array(1...32))
    }

    @Test("every failure that the far end decides comes back as it was", arguments: faults)
    func failures(fault: MessageFault) throws {
        let answer = Answer.failure(.invalid(fault))
        #expect(try Answer(unpacking: answer.packed()) == answer)
    }

    @Test("a failure of another link is told as an input/output error")
    func otherLink() throws {
        let others: [InitFailure] = [
            .unreachable(.noEntry), .stranger(uid: 7), .version(ours: 1, theirs: 2),
            .timedOut(.answering), .disconnected, .malformed(.encoding),
        ]
        for failure in others {
            let packed = try Answer.failure(failure).packed()
            #expect(try Answer(unpacking: packed) == .failure(.system(.inputOutput)))
        }
    }

    @Test("a frame is the length, little-endian, and the message")
    func frame() {
        let golden = bytes(
            """
            05 01 00 00 | length 261
            """
        )
        let message = [UInt8](repeating: 7, count: 261)
        #expect(Frame.wrap(message) == golden + message)
    }

    static let faults: [MessageFault] = [
        .length(0), .length(-1), .length(Int(UInt32.max)), .encoding, .missing(.verb),
        .text(.hostName),
        .tooLong(.reason, limit: 4096), .tooMany(.links, limit: 32), .number(.logLimit, .max),
    ]
}
