import Simulator
import SwiftProtobuf

@testable import API

/// Requests on the wire: what is decoded and within the limits is encoded and decoded the same, and
/// is still within them. A node's answers, which a client reads, are held to the first half.
///
/// The first byte chooses the message.
struct APITarget: FuzzTarget {
    static let name = "api"
    static let rounds = 4000
    static let dialect = Dialect(
        limit: 8 << 10,
        tokens: [
            "https://host/bundle", "/var/bundle", "\u{1}", "\0", "\u{a}\u{3}abc", "abcdef01-2345",
            "-----BEGIN CERTIFICATE-----", "10.0.0.1/24", "eth0", "node.example.com",
            "0123456789abcdef0123456789abcdef", "sha256:", "a.b/c=d:NoSchedule",
        ]
    )

    /// Decodes one kind of message; answers how it ended.
    private typealias Reader = @Sendable ([UInt8]) throws(BrokenPromise) -> String

    private let readers: [Reader] = [
        Self.request(Keel_V1_UpgradeRequest.self), Self.request(Keel_V1_BootstrapRequest.self),
        Self.request(Keel_V1_ApplyConfigRequest.self),
        Self.request(Keel_V1_StreamLogsRequest.self),
        Self.request(Keel_V1_WatchOperationRequest.self),
        Self.request(Keel_V1_CancelOperationRequest.self),
        Self.request(Keel_V1_ActivateRequest.self), Self.request(Keel_V1_RollbackRequest.self),
        Self.request(Keel_V1_UpgradeLoaderRequest.self), Self.request(Keel_V1_RebootRequest.self),
        Self.request(Keel_V1_GetHistoryRequest.self),
        Self.request(Keel_V1_ExplainRequest.self),
        Self.request(Keel_V1_RestartServiceRequest.self),
        Self.request(Keel_V1_ReadAuditRequest.self),
        Self.request(Keel_V1_SupportBundleRequest.self),
        Self.answer(Keel_V1_GetStatusResponse.self), Self.answer(Keel_V1_GetHealthResponse.self),
        Self.answer(Keel_V1_WatchOperationResponse.self),
        Self.answer(Keel_V1_GetConfigResponse.self), Self.detail,
    ]

    func seeds() throws -> [[UInt8]] {
        var upgrade = Keel_V1_UpgradeRequest()
        upgrade.source = "https://host/bundle"
        upgrade.digest = String(repeating: "0a", count: 32)
        upgrade.drain.timeout = 60
        upgrade.requestID = "request-1"
        var bootstrap = Keel_V1_BootstrapRequest()
        bootstrap.nodeName = "node.example.com"
        bootstrap.labels = ["a.b/c": "d"]
        bootstrap.taints = ["a=b:NoSchedule"]
        bootstrap.tokenWithHash.apiServer = "https://host:6443"
        bootstrap.tokenWithHash.token = "abcdef.0123456789abcdef"
        bootstrap.tokenWithHash.caHashes = ["sha256:" + String(repeating: "0a", count: 32)]
        var logs = Keel_V1_StreamLogsRequest()
        logs.service = "kubelet"
        logs.tail = 100
        var detail = Keel_V1_ErrorDetail()
        detail.reason = .busy
        detail.sentence = String(repeating: "e\u{301}", count: 700)
        detail.truth = "nothing changed"
        detail.operation.id = String(repeating: "0a", count: 16)
        let messages: [(UInt8, [UInt8])] = [
            (0, try upgrade.serializedBytes()), (1, try bootstrap.serializedBytes()),
            (3, try logs.serializedBytes()), (18, try detail.serializedBytes()),
        ]
        // Every field as a number, as text, and as a message with a field.
        let fields = (1...20).flatMap { (number: UInt8) -> [UInt8] in
            let tag = number < 16 ? [number << 3] : [number << 3 | 0x80, 1]
            let text = [tag[0] | 2] + tag.dropFirst()
            return tag + [1] + text + [3, 0x61, 0x62, 0x63] + text + [2, 8, 1]
        }
        return messages.map { [$0.0] + $0.1 } + (2..<18).map { [$0] + fields }
    }

    func check(_ input: [UInt8]) throws(BrokenPromise) -> String {
        let kind = Int(input.first ?? 0) % readers.count
        return "\(kind): " + (try readers[kind](Array(input.dropFirst())))
    }

    private static func request<Request: Checked>(_ type: Request.Type) -> Reader {
        { (bytes) throws(BrokenPromise) in
            guard let request = try decode(type, bytes) else { return "no message" }
            do throws(CallFailure) { try request.check() } catch {
                try promise(!error.detail.sentence.isEmpty, "refused without a word")
                return String(error.detail.sentence.prefix { $0 != " " })
            }
            return "in order"
        }
    }

    private static func answer<Answer: Message & Equatable>(_ type: Answer.Type) -> Reader {
        { (bytes) throws(BrokenPromise) in
            try decode(type, bytes) == nil ? "no message" : "decoded"
        }
    }

    /// The message, which is encoded and decoded the same.
    private static func decode<Value: Message>(
        _ type: Value.Type,
        _ bytes: [UInt8]
    ) throws(BrokenPromise) -> Value? {
        guard let value = try? Value(serializedBytes: bytes) else { return nil }
        let again: [UInt8] = try must("a message is not encoded") { try value.serializedBytes() }
        let decoded = try must("what was encoded is refused") {
            try Value(serializedBytes: again)
        }
        let third: [UInt8] = try must("a message is not encoded") { try decoded.serializedBytes() }
        // Not by ==: a NaN is not itself. Maps have an order of their own.
        try promise(third.sorted() == again.sorted(), "what was encoded is decoded differently")
        return value
    }

    /// The detail of a failure fits into a trailer, whatever a peer put into it.
    private static let detail: Reader = { (bytes) throws(BrokenPromise) in
        guard let detail = try decode(Keel_V1_ErrorDetail.self, bytes) else { return "no message" }
        for limit in [3, 4, 5, 16, ErrorTrailer.messageLimit] {
            let cut = ErrorTrailer.cut(detail.sentence, to: limit)
            try promise(cut.utf8.count <= limit, "\(cut.utf8.count) bytes, not \(limit)")
        }
        guard let trailer = ErrorTrailer.encode(detail) else { return "too long" }
        try promise(trailer.count <= ErrorTrailer.detailLimit, "\(trailer.count) bytes")
        try promise(
            ErrorTrailer.decode(trailer)?.reason == detail.reason,
            "a trailer with another reason"
        )
        return "a trailer"
    }
}
