import CControl

extension Answer {
    /// Throws when the bytes are no answer, or one with something out of its bounds.
    init(unpacking bytes: [UInt8]) throws(MessageFault) {
        // Sound: the library reads exactly the array's bytes, and copies what it keeps.
        guard let message = unsafe keel__control__answer__unpack(nil, bytes.count, bytes) else {
            throw .encoding
        }
        // Sound: the library made the message; this is the only call that frees it.
        defer { unsafe keel__control__answer__free_unpacked(message, nil) }
        // Sound: the message lives until the function returns; only values leave.
        self = unsafe try Self.copy(message.pointee)
        try check()
    }

    private static func copy(_ message: Keel__Control__Answer) throws(MessageFault) -> Answer {
        // Sound: the library sets the member that the case names, to a message of that kind.
        switch unsafe message.outcome_case {
        case KEEL__CONTROL__ANSWER__OUTCOME_DONE: return .done
        case KEEL__CONTROL__ANSWER__OUTCOME_FAILURE:
            // Sound: as above.
            return .failure(try unsafe FailureCode(copying: message.failure.pointee).failure())
        case KEEL__CONTROL__ANSWER__OUTCOME_SERVICES:
            // Sound: as above.
            return .services(try unsafe services(message.services.pointee))
        case KEEL__CONTROL__ANSWER__OUTCOME_RESTARTED:
            // Sound: as above.
            return .restarted(try unsafe ServiceState(copying: message.restarted.pointee))
        case KEEL__CONTROL__ANSWER__OUTCOME_LOGS:
            // Sound: as above.
            return .logs(try unsafe LogPage(copying: message.logs.pointee))
        case KEEL__CONTROL__ANSWER__OUTCOME_TRIAL:
            // Sound: as above; an absent trial is a pointer to nothing.
            guard let trial = unsafe message.trial.pointee.trial else { return .trial(nil) }
            return .trial(unsafe TrialState(copying: trial.pointee))
        case KEEL__CONTROL__ANSWER__OUTCOME_CLOCK:
            return .clock(unsafe ClockState(copying: message.clock.pointee))
        default: throw .missing(.outcome)
        }
    }

    private static func services(
        _ message: Keel__Control__ServiceList
    ) throws(MessageFault) -> [ServiceState] {
        // Sound: the message is still there; the library made a list of just that many, or none.
        let count = unsafe message.n_services
        guard count <= Limits.services else { throw .tooMany(.services, limit: Limits.services) }
        var services: [ServiceState] = []
        for index in 0..<count {
            // Sound: the index is in the list.
            guard let service = unsafe message.services[index] else { throw .missing(.services) }
            services.append(try unsafe ServiceState(copying: service.pointee))
        }
        return services
    }
}

extension ServiceState {
    fileprivate init(copying message: Keel__Control__Service) throws(MessageFault) {
        // Sound: the message is still there; only copies are taken from it.
        let number = unsafe message.condition
        let known = Condition.allCases.first { $0.number == number }
        guard let known else { throw .number(.serviceCondition, UInt64(number.rawValue)) }
        let pid = unsafe message.pid
        guard let process = Int32(exactly: pid) else {
            throw .number(.servicePID, UInt64(bitPattern: pid))
        }
        // Sound: as above; `text` copies.
        let name = try unsafe text(message.name, .serviceName, limit: Limits.name)
        let end = try unsafe text(message.last_exit, .serviceLastExit, limit: Limits.lastExit)
        let (since, restarts) = unsafe (message.since, message.restarts)
        self.init(
            name: name,
            condition: known,
            pid: process == 0 ? nil : process,
            since: since,
            restarts: restarts,
            lastExit: end
        )
    }
}

extension LogPage {
    fileprivate init(copying message: Keel__Control__LogPage) throws(MessageFault) {
        // Sound: the message is still there; the library made a list of just that many, or none.
        let count = unsafe message.n_lines
        guard count <= LogQuery.lineLimit else {
            throw .tooMany(.logLines, limit: LogQuery.lineLimit)
        }
        var lines: [LogLine] = []
        for index in 0..<count {
            // Sound: the index is in the list.
            guard let line = unsafe message.lines[index] else { throw .missing(.logLines) }
            lines.append(try unsafe LogLine(copying: line.pointee))
        }
        // Sound: numbers only.
        self.init(
            lines: lines,
            next: unsafe message.next,
            dropped: unsafe message.dropped,
            hasMore: unsafe message.has_more != 0
        )
    }
}

extension LogLine {
    fileprivate init(copying message: Keel__Control__LogLine) throws(MessageFault) {
        // Sound: the message is still there; only copies are taken from it.
        guard let level = try unsafe LogLevel(message.level) else { throw .missing(.logLevel) }
        let text = try unsafe bytes(message.text, .logText, limit: Self.textLimit)
        self.init(time: unsafe message.time, level: level, text: text)
    }
}

extension TrialState {
    fileprivate init(copying message: Keel__Control__Trial) {
        // Sound: numbers only.
        self.init(
            attemptsLeft: unsafe message.attempts_left,
            secondsLeft: unsafe message.seconds_left
        )
    }
}

extension ClockState {
    fileprivate init(copying message: Keel__Control__Clock) {
        // Sound: numbers only.
        self.init(now: unsafe message.now, isSynchronised: unsafe message.synchronised != 0)
    }
}

extension FailureCode {
    fileprivate init(copying message: Keel__Control__Failure) throws(MessageFault) {
        // Sound: the message is still there; only copies are taken from it.
        let number = unsafe message.kind.rawValue
        guard let kind = Kind(rawValue: number) else {
            throw .number(.failureKind, UInt64(number))
        }
        // Sound: as above; `text` copies.
        let fault = unsafe message.fault.rawValue
        let subject = try unsafe text(message.subject, .failureSubject, limit: Limits.name)
        let (verb, value) = unsafe (message.verb, message.number)
        let field = unsafe message.field
        guard fault == 0 || Fault(rawValue: fault) != nil else {
            throw .number(.failureFault, UInt64(fault))
        }
        self.init(
            kind: kind,
            verb: verb,
            subject: subject,
            number: value,
            fault: Fault(rawValue: fault),
            field: field
        )
    }
}
