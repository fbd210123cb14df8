import Slots
import Testing

@testable import Agent

@Suite("Events of the node, as its cluster gets them")
struct ClusterEventTests {
    private static let line = "POST /api/v1/namespaces/default/events"

    private static func status(_ code: Int) -> String {
        #"{"kind":"Status","status":"Failure","code":\#(code),"message":"no"}"#
    }

    @Test("an event is written as the kubelet's are, so that it stands with the node")
    func event() async throws {
        let server = try ClusterServer([Self.line: [(201, #"{"kind":"Event"}"#)]])
        let time = try #require(Timestamp("2026-01-02T03:04:05Z"))
        try await server.client().write(
            NodeEvent(
                mark: "a line of the history",
                reason: "Upgraded",
                message: String(repeating: "\u{e4}", count: 600),
                isWarning: true,
                time: time
            )
        )
        let request = try #require(server.requests.first)
        #expect(request.line == Self.line && request.type == "application/json")
        #expect(
            request.body
                == #"{"apiVersion":"v1","count":1,"firstTimestamp":"2026-01-02T03:04:05Z","#
                + #""involvedObject":{"apiVersion":"v1","kind":"Node","name":"node-7","#
                + #""uid":"node-7"},"kind":"Event","lastTimestamp":"2026-01-02T03:04:05Z","#
                + #""message":"\#(String(repeating: "\u{e4}", count: 512))","metadata":"#
                + #"{"name":"keelos.959000be14c7c23c1d90267902a0e675","namespace":"default"},"#
                + #""reason":"Upgraded","#
                + #""source":{"component":"keel-agent","host":"node-7"},"type":"Warning"}"#
        )
    }

    @Test("an event that is there already was written; one that is refused was not")
    func eventAgain() async throws {
        let server = try ClusterServer([
            Self.line: [(409, Self.status(409)), (403, Self.status(403))]
        ])
        let time = Timestamp(seconds: 1_800_000_000)
        let event = NodeEvent(mark: "", reason: "", message: "", isWarning: false, time: time)
        try await server.client().write(event)
        let error = await #expect(throws: ClusterError.self) {
            try await server.client().write(event)
        }
        #expect(error?.blame == .refusal && server.requests.count == 2)
    }
}
