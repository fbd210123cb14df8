import Syscalls

/// A failure as it crosses the socket: the numbers of the message `Failure`.
///
/// What only this end of another link can know (`.unreachable`, `.timedOut`, ...) is told as an
/// input/output error: for whoever asks here it is one.
struct FailureCode: Sendable, Hashable {
    enum Kind: UInt32, Sendable, Hashable {
        case unsupported = 1
        case notFound
        case invalid
        case system
    }
    enum Fault: UInt32, Sendable, Hashable {
        case length = 1
        case encoding
        case missing
        case text
        case tooLong
        case tooMany
        case number
    }

    var kind: Kind
    var verb: UInt32 = 0
    var subject = ""
    var number: UInt64 = 0
    var fault: Fault?
    var field: UInt32 = 0

    init(
        kind: Kind,
        verb: UInt32,
        subject: String,
        number: UInt64,
        fault: Fault?,
        field: UInt32
    ) {
        self.kind = kind
        self.verb = verb
        self.subject = subject
        self.number = number
        self.fault = fault
        self.field = field
    }

    init(_ failure: InitFailure) {
        switch failure {
        case .unsupported(let verb):
            kind = .unsupported
            self.verb = verb.rawValue
        case .notFound(let service):
            kind = .notFound
            subject = service
        case .invalid(let fault):
            self = FailureCode(fault)
        case .system(let error):
            kind = .system
            number = UInt64(bitPattern: Int64(error.code))
        case .unreachable, .stranger, .version, .timedOut, .disconnected, .malformed:
            kind = .system
            number = UInt64(bitPattern: Int64(Errno.inputOutput.code))
        }
    }

    private init(_ found: MessageFault) {
        kind = .invalid
        switch found {
        case .length(let length):
            fault = .length
            number = UInt64(bitPattern: Int64(length))
        case .encoding:
            fault = .encoding
        case .missing(let field):
            fault = .missing
            self.field = field.rawValue
        case .text(let field):
            fault = .text
            self.field = field.rawValue
        case .tooLong(let field, let limit):
            fault = .tooLong
            self.field = field.rawValue
            number = UInt64(bitPattern: Int64(limit))
        case .tooMany(let field, let limit):
            fault = .tooMany
            self.field = field.rawValue
            number = UInt64(bitPattern: Int64(limit))
        case .number(let field, let value):
            fault = .number
            self.field = field.rawValue
            number = value
        }
    }

    /// The failure that these numbers stand for; throws when they stand for none.
    func failure() throws(MessageFault) -> InitFailure {
        switch kind {
        case .unsupported:
            guard let verb = InitVerb(rawValue: verb) else {
                throw .number(.failureVerb, UInt64(verb))
            }
            return .unsupported(verb)
        case .notFound:
            try Alphabet.name.check(subject, .failureSubject, limit: Limits.name)
            return .notFound(service: subject)
        case .invalid:
            return .invalid(try messageFault())
        case .system:
            guard (1...4095).contains(number) else { throw .number(.failureNumber, number) }
            return .system(Errno(Int32(number)))
        }
    }

    private func messageFault() throws(MessageFault) -> MessageFault {
        switch fault {
        case nil: throw .missing(.failureFault)
        case .length: return .length(Int(truncatingIfNeeded: number))
        case .encoding: return .encoding
        case .missing: return .missing(try knownField())
        case .text: return .text(try knownField())
        case .tooLong:
            return .tooLong(try knownField(), limit: Int(truncatingIfNeeded: number))
        case .tooMany:
            return .tooMany(try knownField(), limit: Int(truncatingIfNeeded: number))
        case .number: return .number(try knownField(), number)
        }
    }

    private func knownField() throws(MessageFault) -> MessageFault.Field {
        guard let known = MessageFault.Field(rawValue: field) else {
            throw .number(.failureField, UInt64(field))
        }
        return known
    }
}
