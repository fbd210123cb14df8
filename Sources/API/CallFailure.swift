/// How a call ended, by the numbers every gRPC implementation uses.
public enum StatusCode: Int, Sendable, Hashable, CaseIterable {
    case ok = 0
    case cancelled
    case unknown
    case invalidArgument
    case deadlineExceeded
    case notFound
    case alreadyExists
    case permissionDenied
    case resourceExhausted
    case failedPrecondition
    case aborted
    case outOfRange
    case unimplemented
    case internalError
    case unavailable
    case dataLoss
    case unauthenticated
}

/// Why a call failed: the status code of gRPC and the detail of our own.
///
/// What the node decides has a reason, and the code follows from it by the one table in
/// `Reasons.swift`. What the wire decides (no such method, too large, too late, nobody there) has a
/// code, and the reason follows from that where one says the same; else it is unspecified.
public struct CallFailure: Error, Sendable, Equatable {
    public let code: StatusCode
    public let detail: Keel_V1_ErrorDetail

    /// The node's own refusal. `truth`: what is still true, where slots were asked about.
    public init(_ reason: Keel_V1_Reason, _ sentence: String, truth: String = "") {
        var detail = Keel_V1_ErrorDetail()
        detail.reason = reason
        detail.sentence = sentence
        detail.truth = truth
        self.init(detail)
    }

    /// As above, with all there is to say.
    public init(_ detail: Keel_V1_ErrorDetail) {
        code = Reasons.code(of: detail.reason)
        self.detail = detail
    }

    /// A failure of the wire, where no reason of the node's fits the code.
    public init(code: StatusCode, _ sentence: String) {
        var detail = Keel_V1_ErrorDetail()
        detail.reason = Reasons.reason(of: code)
        detail.sentence = sentence
        self.init(code: code, detail)
    }

    /// What came over the wire, or differs from the table on purpose.
    init(code: StatusCode, _ detail: Keel_V1_ErrorDetail) {
        self.code = code
        self.detail = detail
    }

    /// The detail's sentence with its full stop, as it is told to a client.
    public var sentence: String {
        let text = detail.sentence
        guard let last = text.last, !".!?".contains(last) else { return text }
        return text + "."
    }

    /// The client is gone, or wants no answer any more.
    public static let cancelled = CallFailure(code: .cancelled, "the call was cancelled")
}
