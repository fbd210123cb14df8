import API

/// What operations do to the disk. The real one is `EngineWork`; tests have their own.
protocol Work: Sendable {
    var place: Place { get }

    /// Does what was ordered, on the calling thread, telling `handle` where it is.
    func perform(_ order: Order, _ handle: OperationHandle) throws(AgentError) -> Ending

    /// Starts the machine again; `done` is what is in place already.
    func reboot(after done: String, _ id: String) throws(AgentError)
}

/// How work ended. The text says what happened and what is true now.
enum Ending: Sendable, Equatable {
    case done(String)
    /// The change takes effect with a reboot, which was asked for and comes next.
    case rebooting(String)
}
