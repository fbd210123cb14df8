import API
import InitLink
import Syscalls

// What the first process refused, for a client.

extension CallFailure {
    init(_ failure: InitFailure) {
        self.init(failure.reason, failure.sentence)
    }
}

extension InitFailure {
    var reason: Keel_V1_Reason {
        switch self {
        case .unsupported: .noInit
        case .notFound: .notFound
        case .invalid: .badRequest
        case .system: .internal
        case .unreachable: .noInit
        case .stranger: .internal
        case .version: .internal
        case .timedOut: .internal
        case .disconnected: .internal
        case .malformed: .internal
        }
    }

    var sentence: String {
        switch self {
        case .unsupported(let verb): "this machine's first process does not \(verb.words)."
        case .notFound(let service): "there is no service \"\(service)\" on this machine."
        case .invalid(let fault): "the first process refused the request: \(fault.words)."
        case .system(let error): "the first process failed: \(error)."
        case .unreachable(let error): "the first process does not answer: \(error)."
        case .stranger(let uid):
            "the first process is refused: it runs as user \(uid), not as root."
        case .version(let ours, let theirs):
            "the first process speaks version \(theirs) of the link, the agent \(ours)."
        case .timedOut(.connecting):
            "the first process did not answer in time; nothing was changed."
        case .timedOut(.answering):
            "the first process did not answer in time; it may or may not have done it."
        case .disconnected: "the first process hung up; it may or may not have done it."
        case .malformed(let fault): "the first process's answer makes no sense: \(fault.words)."
        }
    }
}

extension InitVerb {
    fileprivate var words: String {
        switch self {
        case .services: "list services"
        case .restart: "restart services"
        case .logs: "keep logs"
        case .reboot: "restart the machine for the agent"
        case .powerOff: "power the machine off for the agent"
        case .apply: "change the network"
        case .trial: "run trials"
        case .clock: "keep the clock"
        }
    }
}
