import CControl

extension Hello {
    /// The message's bytes.
    func packed() throws(MessageFault) -> [UInt8] {
        var message = unsafe Keel__Control__Hello()
        // Sound: the message is a local with nothing behind it; both calls end with it alive.
        unsafe keel__control__hello__init(&message)
        unsafe message.version = version
        let size = unsafe keel__control__hello__get_packed_size(&message)
        return unsafe try bytes(size) { unsafe keel__control__hello__pack(&message, $0) }
    }
}

extension Request {
    /// The message's bytes; throws when a value is out of its bounds.
    func packed() throws(MessageFault) -> [UInt8] {
        try check()
        return try Arena.during { (arena) throws(MessageFault) in
            // Sound: all that the message points to is the arena's, which outlives the calls.
            var message = unsafe message(in: &arena)
            let size = unsafe keel__control__request__get_packed_size(&message)
            return unsafe try bytes(size) { unsafe keel__control__request__pack(&message, $0) }
        }
    }

    private func message(in arena: inout Arena) -> Keel__Control__Request {
        // Sound: the message is a local, and what it is made to point to lives in the arena.
        var message = unsafe Keel__Control__Request()
        unsafe keel__control__request__init(&message)
        unsafe message.verb_case = verbCase
        // Sound: the member that is set is the one that `verb_case` names.
        switch self {
        case .services: unsafe message.services = nothing(in: &arena)
        case .restart(let name): unsafe message.restart = restart(name, in: &arena)
        case .logs(let query): unsafe message.logs = query.part(in: &arena)
        case .reboot(let text): unsafe message.reboot = reason(text, in: &arena)
        case .powerOff(let text): unsafe message.power_off = reason(text, in: &arena)
        case .apply(let settings): unsafe message.apply = settings.part(in: &arena)
        case .trial: unsafe message.trial = nothing(in: &arena)
        case .clock: unsafe message.clock = nothing(in: &arena)
        }
        return unsafe message
    }

    private var verbCase: Keel__Control__Request__VerbCase {
        switch self {
        case .services: KEEL__CONTROL__REQUEST__VERB_SERVICES
        case .restart: KEEL__CONTROL__REQUEST__VERB_RESTART
        case .logs: KEEL__CONTROL__REQUEST__VERB_LOGS
        case .reboot: KEEL__CONTROL__REQUEST__VERB_REBOOT
        case .powerOff: KEEL__CONTROL__REQUEST__VERB_POWER_OFF
        case .apply: KEEL__CONTROL__REQUEST__VERB_APPLY
        case .trial: KEEL__CONTROL__REQUEST__VERB_TRIAL
        case .clock: KEEL__CONTROL__REQUEST__VERB_CLOCK
        }
    }

    private func restart(
        _ name: String,
        in arena: inout Arena
    ) -> UnsafeMutablePointer<Keel__Control__Restart> {
        // Sound: as in `message(in:)`.
        var part = unsafe Keel__Control__Restart()
        unsafe keel__control__restart__init(&part)
        unsafe part.name = arena.text(name)
        return unsafe arena.part(part)
    }

    private func reason(
        _ text: String,
        in arena: inout Arena
    ) -> UnsafeMutablePointer<Keel__Control__Reason> {
        // Sound: as in `message(in:)`.
        var part = unsafe Keel__Control__Reason()
        unsafe keel__control__reason__init(&part)
        unsafe part.text = arena.text(text)
        return unsafe arena.part(part)
    }
}

/// A message without fields, whose being there says everything.
func nothing(in arena: inout Arena) -> UnsafeMutablePointer<Keel__Control__Nothing> {
    // Sound: the message is a local; its copy lives in the arena.
    var part = unsafe Keel__Control__Nothing()
    unsafe keel__control__nothing__init(&part)
    return unsafe arena.part(part)
}

/// Room for a message of `size` bytes, filled by `pack`; throws when no frame would take it.
func bytes(
    _ size: Int,
    _ pack: (UnsafeMutablePointer<UInt8>?) -> Int
) throws(MessageFault) -> [UInt8] {
    guard (1...Frame.limit).contains(size) else { throw .length(size) }
    // Sound: protobuf-c writes exactly the size that it computed from the same message.
    return unsafe [UInt8](unsafeUninitializedCapacity: size) { room, count in
        count = unsafe pack(room.baseAddress)
        precondition(count == size, "a message has the size it was said to have")
    }
}

extension LogQuery {
    fileprivate func part(in arena: inout Arena) -> UnsafeMutablePointer<Keel__Control__LogQuery> {
        // Sound: as in `Request.message(in:)`.
        var part = unsafe Keel__Control__LogQuery()
        unsafe keel__control__log_query__init(&part)
        unsafe part.service = arena.text(service)
        switch start {
        case .oldest:
            // Sound: numbers only, here and below.
            unsafe part.start = KEEL__CONTROL__LOG_QUERY__START__OLDEST
        case .newest(let count):
            unsafe part.start = KEEL__CONTROL__LOG_QUERY__START__NEWEST
            unsafe part.place = UInt64(count)
        case .place(let place):
            unsafe part.start = KEEL__CONTROL__LOG_QUERY__START__PLACE
            unsafe part.place = place
        }
        // Sound: numbers; the arena copies the message.
        unsafe part.since = since
        unsafe part.level = Keel__Control__Level(level?.rawValue ?? 0)
        unsafe part.limit = UInt32(limit)
        return unsafe arena.part(part)
    }
}
