import CControl

// Each message is unpacked by protobuf-c, copied out and freed within one function: nothing of it
// is left when that returns. What was copied is then checked against its bounds.

extension Hello {
    init(unpacking bytes: [UInt8]) throws(MessageFault) {
        // Sound: the library reads exactly the array's bytes, and copies what it keeps.
        guard let message = unsafe keel__control__hello__unpack(nil, bytes.count, bytes) else {
            throw .encoding
        }
        // Sound: the library made the message; this is the only call that frees it.
        defer { unsafe keel__control__hello__free_unpacked(message, nil) }
        // Sound: the message lives until the function returns.
        version = unsafe message.pointee.version
        guard version > 0 else { throw .missing(.version) }
    }
}

extension Request {
    /// Throws when the bytes are no request, or one with something out of its bounds.
    init(unpacking bytes: [UInt8]) throws(MessageFault) {
        // Sound: the library reads exactly the array's bytes, and copies what it keeps.
        guard let message = unsafe keel__control__request__unpack(nil, bytes.count, bytes) else {
            throw .encoding
        }
        // Sound: the library made the message; this is the only call that frees it.
        defer { unsafe keel__control__request__free_unpacked(message, nil) }
        // Sound: the message lives until the function returns; only values leave.
        self = unsafe try Self.copy(message.pointee)
        try check()
    }

    private static func copy(
        _ message: Keel__Control__Request
    ) throws(MessageFault) -> Request {
        // Sound: the library sets the member that the case names, to a message of that kind.
        switch unsafe message.verb_case {
        case KEEL__CONTROL__REQUEST__VERB_SERVICES: return .services
        case KEEL__CONTROL__REQUEST__VERB_TRIAL: return .trial
        case KEEL__CONTROL__REQUEST__VERB_CLOCK: return .clock
        case KEEL__CONTROL__REQUEST__VERB_RESTART:
            // Sound: as above.
            let name = unsafe message.restart.pointee.name
            return .restart(try unsafe text(name, .serviceName, limit: Limits.name))
        case KEEL__CONTROL__REQUEST__VERB_LOGS:
            // Sound: as above.
            return .logs(try unsafe LogQuery(copying: message.logs.pointee))
        case KEEL__CONTROL__REQUEST__VERB_REBOOT:
            // Sound: as above.
            let reason = unsafe message.reboot.pointee.text
            return .reboot(reason: try unsafe text(reason, .reason, limit: Limits.reason))
        case KEEL__CONTROL__REQUEST__VERB_POWER_OFF:
            // Sound: as above.
            let reason = unsafe message.power_off.pointee.text
            return .powerOff(reason: try unsafe text(reason, .reason, limit: Limits.reason))
        case KEEL__CONTROL__REQUEST__VERB_APPLY:
            // Sound: as above.
            return .apply(try unsafe NetworkSettings(copying: message.apply.pointee))
        default: throw .missing(.verb)
        }
    }
}

/// A copy of the text in a field; throws when it is longer than `limit` bytes or no UTF-8.
func text(
    _ data: ProtobufCBinaryData,
    _ field: MessageFault.Field,
    limit: Int
) throws(MessageFault) -> String {
    // Sound: `bytes` copies.
    let bytes = try unsafe bytes(data, field, limit: limit)
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
        throw .text(field)
    }
    return text
}

/// Copies of the texts in a repeated field; throws when there are more than `count`, or when one is
/// out of its bounds.
func texts(
    _ list: UnsafeMutablePointer<ProtobufCBinaryData>?,
    _ found: Int,
    _ field: MessageFault.Field,
    limit: Int,
    count: Int
) throws(MessageFault) -> [String] {
    guard found <= count else { throw .tooMany(field, limit: count) }
    var texts: [String] = []
    for index in 0..<found {
        // Sound: the library made a list of just that many.
        guard let item = unsafe list?[index] else { throw .missing(field) }
        unsafe texts.append(try text(item, field, limit: limit))
    }
    return texts
}

/// A copy of the bytes in a field; throws when there are more than `limit`.
func bytes(
    _ data: ProtobufCBinaryData,
    _ field: MessageFault.Field,
    limit: Int
) throws(MessageFault) -> [UInt8] {
    // Sound: the library made the memory, of just that length, in a message that is still there.
    guard unsafe data.len <= limit else { throw .tooLong(field, limit: limit) }
    return unsafe Array(UnsafeBufferPointer(start: data.data, count: data.len))
}

extension LogLevel {
    /// `nil` when the number is that of no level at all; throws when it has no meaning.
    init?(_ level: Keel__Control__Level) throws(MessageFault) {
        guard level != KEEL__CONTROL__LEVEL__LEVEL_UNSPECIFIED else { return nil }
        guard let known = LogLevel(rawValue: level.rawValue) else {
            throw .number(.logLevel, UInt64(level.rawValue))
        }
        self = known
    }
}

extension LogQuery {
    fileprivate init(copying message: Keel__Control__LogQuery) throws(MessageFault) {
        // Sound: the message is still there; only values are taken from it.
        let place = unsafe message.place
        let kind = unsafe message.start
        let start: Start
        switch kind {
        case KEEL__CONTROL__LOG_QUERY__START__OLDEST: start = .oldest
        case KEEL__CONTROL__LOG_QUERY__START__PLACE: start = .place(place)
        case KEEL__CONTROL__LOG_QUERY__START__NEWEST:
            guard let count = Int(exactly: place) else { throw .number(.logStart, place) }
            start = .newest(count)
        default: throw .number(.logStart, UInt64(kind.rawValue))
        }
        // Sound: as above; `text` copies.
        let service = try unsafe text(message.service, .serviceName, limit: Limits.name)
        let level = try unsafe LogLevel(message.level)
        let (since, limit) = unsafe (message.since, Int(message.limit))
        self.init(service: service, start: start, since: since, level: level, limit: limit)
    }
}
