import Slots

/// What is asked of the server: a part of the bundle, or all of it.
struct Request: Sendable, Hashable {
    var start: Int
    /// `nil`: to the end of the file.
    var end: Int?
    /// A whole file asked for without a `Range` field.
    var isPlain: Bool { start == 0 && end == nil }

    /// The value of CURLOPT_RANGE.
    var range: String? {
        guard !isPlain else { return nil }
        guard let end else { return "\(start)-" }
        return "\(start)-\(end - 1)"
    }
}

/// What came back, before the first byte of its body.
struct Answer: Sendable, Hashable {
    var status: Int
    var identity: FileIdentity
    /// The part of the file that the body is, for status 206.
    var part: ContentRange?
    /// As announced for this body.
    var bodyLength: Int?
    var acceptsRanges: Bool

    /// Of an HTTP server.
    init(_ fields: HeaderFields) {
        status = fields.status
        part = fields.status == 206 ? fields.contentRange : nil
        bodyLength = fields.contentLength
        acceptsRanges = fields.acceptsRanges || fields.status == 206
        let total = fields.status == 206 ? part?.total : fields.contentLength
        identity = FileIdentity(validator: Validator(fields), total: total)
    }

    /// Of libcurl's `file` protocol, which reports the size of the whole file (0 for a pipe or
    /// a device) and its date as if they were fields, and knows no status.
    init(file fields: HeaderFields, request: Request) {
        let total = fields.contentLength.flatMap { $0 > 0 ? $0 : nil }
        identity = FileIdentity(validator: Validator(fields), total: total)
        acceptsRanges = total != nil
        if !request.isPlain, let total, request.start < total {
            let end = min(request.end ?? total, total)
            status = 206
            part = ContentRange(bytes: request.start..<end, total: total)
            bodyLength = end - request.start
        } else {
            status = request.isPlain ? 200 : 416
            bodyLength = total
        }
    }
}

/// What to do with an answer.
enum Ruling: Sendable, Hashable {
    /// Take the body, but not its first `skip` bytes: they were delivered before.
    /// `end` is the offset in the file at which the body must end, where known.
    case take(skip: Int, end: Int?)
    /// The server has no time: ask again later.
    case later(status: Int)
    case refuse(SourceError)
    /// The rest cannot be asked for, and nothing proves that the file is still the same.
    case cannotResume
}

extension Answer {
    /// Judges the answer to `request`; `known` is what the bytes delivered so far came from.
    func ruling(on request: Request, known: FileIdentity?) -> Ruling {
        switch status {
        case 206:
            return rulingOnPart(request, known)
        case 200:
            return rulingOnWhole(request, known)
        case 408, 429, 500...599:
            return .later(status: status)
        case 416 where known != nil:
            return .refuse(.changed)
        default:
            return .refuse(.answered(status: status))
        }
    }

    private func rulingOnPart(_ request: Request, _ known: FileIdentity?) -> Ruling {
        guard !request.isPlain else { return .refuse(.answered(status: status)) }
        // A part that begins elsewhere or is longer than asked for is not the part. A shorter
        // one is allowed: the rest is asked for again.
        guard let part, part.bytes.lowerBound == request.start else { return .refuse(.changed) }
        if let end = request.end, part.bytes.upperBound > end { return .refuse(.changed) }
        if let bodyLength, bodyLength != part.bytes.count { return .refuse(.changed) }
        if let known, Sameness(known, identity) == .different { return .refuse(.changed) }
        return .take(skip: 0, end: part.bytes.upperBound)
    }

    private func rulingOnWhole(_ request: Request, _ known: FileIdentity?) -> Ruling {
        guard let known else { return .take(skip: 0, end: identity.total) }
        switch Sameness(known, identity) {
        case .same: return .take(skip: request.start, end: identity.total)
        case .different: return .refuse(.changed)
        case .unproven: break
        }
        // Without a validator `If-Range` was not sent, so the server just knows no ranges.
        return known.validator == nil ? .cannotResume : .refuse(.changed)
    }
}
