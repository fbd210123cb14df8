import CControl

extension Answer {
    /// The message's bytes; throws when a value is out of its bounds.
    func packed() throws(MessageFault) -> [UInt8] {
        try check()
        return try Arena.during { (arena) throws(MessageFault) in
            // Sound: all that the message points to is the arena's, which outlives the calls.
            var message = unsafe message(in: &arena)
            let size = unsafe keel__control__answer__get_packed_size(&message)
            return unsafe try bytes(size) { unsafe keel__control__answer__pack(&message, $0) }
        }
    }

    private func message(in arena: inout Arena) -> Keel__Control__Answer {
        // Sound: the message is a local, and what it is made to point to lives in the arena.
        var message = unsafe Keel__Control__Answer()
        unsafe keel__control__answer__init(&message)
        unsafe message.outcome_case = outcomeCase
        // Sound: the member that is set is the one that `outcome_case` names.
        switch self {
        case .failure(let failure): unsafe message.failure = failure.part(in: &arena)
        case .services(let services): unsafe message.services = list(services, in: &arena)
        case .restarted(let service): unsafe message.restarted = service.part(in: &arena)
        case .logs(let page): unsafe message.logs = page.part(in: &arena)
        case .done: unsafe message.done = nothing(in: &arena)
        case .trial(let trial): unsafe message.trial = standing(trial, in: &arena)
        case .clock(let clock): unsafe message.clock = clock.part(in: &arena)
        }
        return unsafe message
    }

    private var outcomeCase: Keel__Control__Answer__OutcomeCase {
        switch self {
        case .failure: KEEL__CONTROL__ANSWER__OUTCOME_FAILURE
        case .services: KEEL__CONTROL__ANSWER__OUTCOME_SERVICES
        case .restarted: KEEL__CONTROL__ANSWER__OUTCOME_RESTARTED
        case .logs: KEEL__CONTROL__ANSWER__OUTCOME_LOGS
        case .done: KEEL__CONTROL__ANSWER__OUTCOME_DONE
        case .trial: KEEL__CONTROL__ANSWER__OUTCOME_TRIAL
        case .clock: KEEL__CONTROL__ANSWER__OUTCOME_CLOCK
        }
    }

    private func list(
        _ services: [ServiceState],
        in arena: inout Arena
    ) -> UnsafeMutablePointer<Keel__Control__ServiceList> {
        // Sound: as in `message(in:)`; the count is that of the list.
        var part = unsafe Keel__Control__ServiceList()
        unsafe keel__control__service_list__init(&part)
        var parts: [UnsafeMutablePointer<Keel__Control__Service>] = unsafe []
        for service in services { unsafe parts.append(service.part(in: &arena)) }
        unsafe part.n_services = services.count
        unsafe part.services = arena.list(parts)
        return unsafe arena.part(part)
    }

    private func standing(
        _ trial: TrialState?,
        in arena: inout Arena
    ) -> UnsafeMutablePointer<Keel__Control__Standing> {
        // Sound: as in `message(in:)`.
        var part = unsafe Keel__Control__Standing()
        unsafe keel__control__standing__init(&part)
        if let trial { unsafe part.trial = trial.part(in: &arena) }
        return unsafe arena.part(part)
    }
}

extension ServiceState {
    fileprivate func part(in arena: inout Arena) -> UnsafeMutablePointer<Keel__Control__Service> {
        // Sound: as in `Answer.message(in:)`.
        var part = unsafe Keel__Control__Service()
        unsafe keel__control__service__init(&part)
        unsafe part.name = arena.text(name)
        unsafe part.condition = condition.number
        unsafe part.pid = Int64(pid ?? 0)
        unsafe part.since = since
        unsafe part.restarts = restarts
        unsafe part.last_exit = arena.text(lastExit)
        return unsafe arena.part(part)
    }
}

extension ServiceState.Condition {
    /// The number that stands for it in a message.
    var number: Keel__Control__Service__Condition {
        switch self {
        case .running: KEEL__CONTROL__SERVICE__CONDITION__RUNNING
        case .starting: KEEL__CONTROL__SERVICE__CONDITION__STARTING
        case .stopped: KEEL__CONTROL__SERVICE__CONDITION__STOPPED
        case .failed: KEEL__CONTROL__SERVICE__CONDITION__FAILED
        case .waiting: KEEL__CONTROL__SERVICE__CONDITION__WAITING
        }
    }
}

extension LogPage {
    fileprivate func part(in arena: inout Arena) -> UnsafeMutablePointer<Keel__Control__LogPage> {
        // Sound: as in `Answer.message(in:)`; the count is that of the list.
        var part = unsafe Keel__Control__LogPage()
        unsafe keel__control__log_page__init(&part)
        var parts: [UnsafeMutablePointer<Keel__Control__LogLine>] = unsafe []
        for line in lines { unsafe parts.append(line.part(in: &arena)) }
        unsafe part.n_lines = lines.count
        unsafe part.lines = arena.list(parts)
        unsafe part.next = next
        unsafe part.dropped = dropped
        unsafe part.has_more = hasMore ? 1 : 0
        return unsafe arena.part(part)
    }
}

extension LogLine {
    fileprivate func part(in arena: inout Arena) -> UnsafeMutablePointer<Keel__Control__LogLine> {
        // Sound: as in `Answer.message(in:)`.
        var part = unsafe Keel__Control__LogLine()
        unsafe keel__control__log_line__init(&part)
        unsafe part.time = time
        unsafe part.level = Keel__Control__Level(level.rawValue)
        unsafe part.text = arena.bytes(text)
        return unsafe arena.part(part)
    }
}

extension TrialState {
    fileprivate func part(in arena: inout Arena) -> UnsafeMutablePointer<Keel__Control__Trial> {
        // Sound: as in `Answer.message(in:)`.
        var part = unsafe Keel__Control__Trial()
        unsafe keel__control__trial__init(&part)
        unsafe part.attempts_left = attemptsLeft
        unsafe part.seconds_left = secondsLeft
        return unsafe arena.part(part)
    }
}

extension ClockState {
    fileprivate func part(in arena: inout Arena) -> UnsafeMutablePointer<Keel__Control__Clock> {
        // Sound: as in `Answer.message(in:)`.
        var part = unsafe Keel__Control__Clock()
        unsafe keel__control__clock__init(&part)
        unsafe part.now = now
        unsafe part.synchronised = isSynchronised ? 1 : 0
        return unsafe arena.part(part)
    }
}

extension InitFailure {
    fileprivate func part(in arena: inout Arena) -> UnsafeMutablePointer<Keel__Control__Failure> {
        let code = FailureCode(self)
        // Sound: as in `Answer.message(in:)`.
        var part = unsafe Keel__Control__Failure()
        unsafe keel__control__failure__init(&part)
        unsafe part.kind = Keel__Control__Failure__Kind(code.kind.rawValue)
        unsafe part.verb = code.verb
        unsafe part.subject = arena.text(code.subject)
        unsafe part.number = code.number
        unsafe part.fault = Keel__Control__Failure__Fault(code.fault?.rawValue ?? 0)
        unsafe part.field = code.field
        return unsafe arena.part(part)
    }
}
