/// What the agent asks of the first process of the machine.
///
/// `InitClient` asks over the control socket, `InitServer` answers there with any other `Init`,
/// and `PlainHost` stands in on a machine whose first process is not ours. Calls block; each ends
/// within the time its implementation documents. All may be made from any thread.
public protocol Init: Sendable {
    /// Every service that is supervised, sorted by name; at most `Limits.services`.
    func services() throws(InitFailure) -> [ServiceState]

    /// Stops the service and starts it again; tells how it stands then.
    ///
    /// Throws `.notFound` when there is no such service.
    func restart(_ name: String) throws(InitFailure) -> ServiceState

    /// The next lines of one service's log, or of the kernel's (`"kernel"`); never waits for lines.
    ///
    /// Throws `.notFound` when there is no such log.
    func logs(_ query: LogQuery) throws(InitFailure) -> LogPage

    /// Ends everything in order and starts the machine again. `reason` is for the log.
    ///
    /// May or may not return: answer whoever asked before making the call.
    func reboot(reason: String) throws(InitFailure)

    /// Ends everything in order and switches the machine off. `reason` is for the log.
    ///
    /// May or may not return: answer whoever asked before making the call.
    func powerOff(reason: String) throws(InitFailure)

    /// Makes these the settings in force, all or none. They last until the machine restarts.
    func apply(_ settings: NetworkSettings) throws(InitFailure)

    /// How the trial of the running slot stands; `nil` when it is on none.
    func trial() throws(InitFailure) -> TrialState?

    /// The machine's clock, and whether a time server vouches for it.
    func clock() throws(InitFailure) -> ClockState
}

/// The things that can be asked, for saying which of them a machine cannot do.
public enum InitVerb: UInt32, Sendable, Hashable, CaseIterable {
    case services = 1
    case restart
    case logs
    case reboot
    case powerOff
    case apply
    case trial
    case clock
}
