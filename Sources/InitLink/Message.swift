/// The first frame of each side.
struct Hello: Sendable, Hashable {
    /// What this code speaks. Raised by every change that an older end would misunderstand.
    static let ours: UInt32 = 1

    var version: UInt32
}

/// What the agent asks; see `Init`.
enum Request: Sendable, Hashable {
    case services
    case restart(String)
    case logs(LogQuery)
    case reboot(reason: String)
    case powerOff(reason: String)
    case apply(NetworkSettings)
    case trial
    case clock

    func check() throws(MessageFault) {
        switch self {
        case .services, .trial, .clock: break
        case .restart(let name):
            try Alphabet.name.check(name, .serviceName, limit: Limits.name)
        case .logs(let query): try query.check()
        case .reboot(let reason), .powerOff(let reason):
            try Alphabet.any.check(reason, .reason, limit: Limits.reason)
        case .apply(let settings): try settings.check()
        }
    }

    /// Whether asking twice does no more than asking once.
    var isRepeatable: Bool {
        switch self {
        case .services, .logs, .trial, .clock: true
        case .restart, .reboot, .powerOff, .apply: false
        }
    }
}

/// What the first process answers.
enum Answer: Sendable, Hashable {
    case failure(InitFailure)
    case services([ServiceState])
    case restarted(ServiceState)
    case logs(LogPage)
    case done
    case trial(TrialState?)
    case clock(ClockState)

    func check() throws(MessageFault) {
        switch self {
        case .done, .clock: break
        case .failure(.notFound(let service)):
            try Alphabet.name.check(service, .failureSubject, limit: Limits.name)
        case .failure: break
        case .services(let services): try ServiceState.check(services)
        case .restarted(let service): try service.check()
        case .logs(let page): try page.check()
        case .trial(let trial): try trial?.check()
        }
    }

    /// This answer, unless it is a failure.
    func success() throws(InitFailure) -> Answer {
        if case .failure(let failure) = self { throw failure }
        return self
    }

    /// What `host` answers to `request`.
    init(to request: Request, from host: any Init) {
        do throws(InitFailure) {
            self =
                switch request {
                case .services: .services(try host.services())
                case .restart(let name): .restarted(try host.restart(name))
                case .logs(let query): .logs(try host.logs(query))
                case .reboot(let reason): .done(after: try host.reboot(reason: reason))
                case .powerOff(let reason): .done(after: try host.powerOff(reason: reason))
                case .apply(let settings): .done(after: try host.apply(settings))
                case .trial: .trial(try host.trial())
                case .clock: .clock(try host.clock())
                }
        } catch {
            self = .failure(error)
        }
    }

    private static func done(after: Void) -> Answer { .done }
}
