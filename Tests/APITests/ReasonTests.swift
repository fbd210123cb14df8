import Foundation
import Testing

@testable import API

/// The table of reasons, and how a failure travels.
@Suite("Reasons")
struct ReasonTests {
    /// By the comments of `node.proto`: the last word in capitals above each reason.
    private static func written() throws -> [Int: StatusCode] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/API/node.proto")
        var found: [Int: StatusCode] = [:]
        var comment = ""
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
            let text = line.drop { $0 == " " }
            if text.hasPrefix("//") {
                comment += " " + text.dropFirst(2)
                continue
            }
            defer { comment = "" }
            guard text.hasPrefix("REASON_"), let number = Int(text.filter(\.isNumber)) else {
                continue
            }
            let words = comment.split { !($0.isLetter || $0 == "_") }.map(String.init)
            found[number] = words.compactMap { codes[$0] }.last
        }
        return found
    }

    private static let codes: [String: StatusCode] = [
        "INVALID_ARGUMENT": .invalidArgument, "UNAUTHENTICATED": .unauthenticated,
        "PERMISSION_DENIED": .permissionDenied, "FAILED_PRECONDITION": .failedPrecondition,
        "NOT_FOUND": .notFound, "UNAVAILABLE": .unavailable, "DATA_LOSS": .dataLoss,
        "CANCELLED": .cancelled, "UNIMPLEMENTED": .unimplemented, "INTERNAL": .internalError,
    ]

    @Test("every reason has the code that its comment in the proto names")
    func codes() throws {
        let written = try Self.written()
        for reason in Keel_V1_Reason.allCases where reason != .unspecified {
            #expect(Reasons.code(of: reason) == written[reason.rawValue], "\(reason)")
            #expect(CallFailure(reason, "x").code == Reasons.code(of: reason))
        }
        #expect(Reasons.code(of: .unspecified) == .unknown)
    }

    @Test("a reason of tomorrow is UNKNOWN")
    func tomorrow() {
        #expect(Reasons.code(of: .UNRECOGNIZED(99)) == .unknown)
    }

    @Test(
        "the reason of a bare code, where there is one, has that code",
        arguments: StatusCode.allCases
    )
    func back(code: StatusCode) {
        let reason = Reasons.reason(of: code)
        guard reason != .unspecified, code != .outOfRange else { return }
        #expect(Reasons.code(of: reason) == code)
    }

    @Test("the codes are gRPC's numbers")
    func numbers() {
        #expect(StatusCode.allCases.map(\.rawValue) == Array(0...16))
        #expect(StatusCode.unauthenticated.rawValue == 16)
    }

    @Test("a detail that is too large for the metadata loses what has the least to say")
    func large() throws {
        var detail = Keel_V1_ErrorDetail()
        detail.reason = .busy
        detail.sentence = "busy"
        detail.operation.id = "1"
        detail.operation.error.sentence = String(repeating: "x", count: 5000)
        let bytes = try #require(ErrorTrailer.encode(detail))
        let kept = try #require(ErrorTrailer.decode(bytes))
        #expect(kept.operation.id == "1")
        #expect(!kept.operation.hasError)
        detail.operation.source = String(repeating: "x", count: 5000)
        detail.sentence = String(repeating: "\u{e4}", count: 5000)
        let least = try #require(ErrorTrailer.encode(detail))
        #expect(least.count <= ErrorTrailer.detailLimit)
        let cut = try #require(ErrorTrailer.decode(least))
        #expect(cut.reason == .busy)
        #expect(!cut.hasOperation)
        #expect(cut.sentence.hasSuffix("..."))
    }

    @Test("a text is cut between its characters", arguments: 0..<8)
    func cut(shift: Int) {
        let text = String(repeating: "a", count: shift) + String(repeating: "\u{1F600}", count: 20)
        let cut = ErrorTrailer.cut(text, to: 40)
        #expect(cut.utf8.count <= 40)
        #expect(cut.hasSuffix("..."))
        #expect(text.hasPrefix(cut.dropLast(3)))
    }

    @Test("a detail of any size reaches a client")
    func travel() async throws {
        for size in [0, 100, 3000, 10_000] {
            let (server, client) = try openDoor(to: RefusingNode(size: size))
            let found = await failure { () async throws(CallFailure) in
                _ = try await client.getStatus(.init(), timeout: patience)
            }
            #expect(found?.code == .failedPrecondition)
            #expect(found?.detail.reason == .notSettled)
            await server.stop(grace: .zero)
        }
    }
}

private struct RefusingNode: NodeService {
    let size: Int

    func getStatus(
        _ request: Keel_V1_GetStatusRequest,
        _ call: Call
    ) async throws(CallFailure) -> Keel_V1_GetStatusResponse {
        let long = String(repeating: "\u{e4}\n", count: size)
        throw CallFailure(.notSettled, "no: \(long)", truth: long)
    }
}
