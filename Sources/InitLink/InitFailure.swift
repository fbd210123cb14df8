public import Syscalls

/// Why the first process did not do what it was asked.
///
/// The first four say what the far end decided, the others what went wrong on the way to it. Unless
/// a case says otherwise, nothing was changed.
public enum InitFailure: Error, Sendable, Hashable {
    /// This machine cannot do that: it is not run by our first process, or was not allowed to.
    case unsupported(InitVerb)
    /// There is no service, or no log, of that name.
    case notFound(service: String)
    /// The request is out of its bounds.
    case invalid(MessageFault)
    /// A system call failed while it was being done. What was done before it stays done.
    case system(Errno)

    /// Nobody answers at the socket.
    case unreachable(Errno)
    /// The process at the other end of the socket does not run as root.
    case stranger(uid: UInt32)
    /// The two ends speak different versions of the protocol.
    case version(ours: UInt32, theirs: UInt32)
    /// Time ran out. After `.answering` the request may have been carried out, or may yet be.
    case timedOut(Stage)
    /// The other end closed the connection instead of answering. The request may have been carried
    /// out.
    case disconnected
    /// What came is no answer to what was asked. The request may have been carried out.
    case malformed(MessageFault)

    /// What was waited for.
    public enum Stage: Sendable, Hashable {
        /// The connection and the exchange of versions.
        case connecting
        /// The answer to a request.
        case answering
    }
}

/// What is wrong with a message, or with the value that should become one.
public enum MessageFault: Error, Sendable, Hashable {
    /// The frame's length is 0, or more than `Frame.limit`.
    case length(Int)
    /// The bytes are no protobuf message.
    case encoding
    /// What the message must have is missing.
    case missing(Field)
    /// Text that is not UTF-8, has a NUL, or has characters that may not stand there.
    case text(Field)
    /// More bytes than the limit.
    case tooLong(Field, limit: Int)
    /// More elements than the limit.
    case tooMany(Field, limit: Int)
    /// A number that has no meaning there.
    case number(Field, UInt64)

    /// Places in messages. The numbers are part of the protocol.
    public enum Field: UInt32, Sendable, Hashable, CaseIterable {
        case version = 1
        case verb
        case outcome
        case services
        case serviceName
        case serviceCondition
        case servicePID
        case serviceLastExit
        case logStart
        case logLimit
        case logLevel
        case logLines
        case logText
        case reason
        case hostName
        case links
        case linkMatch
        case linkMethod
        case linkMTU
        case clientID
        case addresses
        case gateways
        case nameservers
        case searchDomains
        case timeServers
        case attemptsLeft
        case failureKind
        case failureVerb
        case failureSubject
        case failureNumber
        case failureFault
        case failureField
    }
}
