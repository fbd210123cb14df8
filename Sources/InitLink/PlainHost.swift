import Syscalls

/// A machine whose first process is not ours: does by system call what a guest on it may do, and
/// refuses the rest.
///
/// It supervises nothing, so the only service it names is the agent itself, and it restarts none.
/// Logs are the agent's own ring and the kernel's. It sets the host name, until the machine
/// restarts, and no other settings. There are no trials. Calls take as long as their system calls.
public struct PlainHost: Init {
    /// The name of the one service.
    public static let agent = "agent"
    /// The name of the kernel's log.
    public static let kernel = "kernel"

    private let log: LogRing
    private let started: Int64
    private let allowsReboot: Bool

    /// - Parameters:
    ///   - log: what the agent itself logs.
    ///   - started: when the agent was started, seconds since 1970.
    ///   - allowsReboot: whether the machine may be restarted and switched off from here.
    public init(log: LogRing, started: Int64, allowsReboot: Bool) {
        self.log = log
        self.started = started
        self.allowsReboot = allowsReboot
    }

    public func services() throws(InitFailure) -> [ServiceState] {
        [
            ServiceState(
                name: Self.agent,
                condition: .running,
                pid: CurrentProcess.number,
                since: started
            )
        ]
    }

    /// Throws `.unsupported` for the agent, `.notFound` for anything else.
    public func restart(_ name: String) throws(InitFailure) -> ServiceState {
        guard name == Self.agent else { throw .notFound(service: name) }
        throw .unsupported(.restart)
    }

    public func logs(_ query: LogQuery) throws(InitFailure) -> LogPage {
        do { try query.check() } catch { throw .invalid(error) }
        switch query.service {
        case Self.agent: return log.page(for: query)
        case Self.kernel:
            do {
                var device = try KernelDevice()
                return try KernelLog.page(from: &device, epoch: Self.kernelEpoch, for: query)
            } catch {
                throw .system(error)
            }
        default: throw .notFound(service: query.service)
        }
    }

    /// Writes the file systems' caches out and restarts the machine at once: nothing is stopped
    /// first, and nobody but the caller can log the reason.
    public func reboot(reason: String) throws(InitFailure) {
        guard allowsReboot else { throw .unsupported(.reboot) }
        MachineSwitch.synchronizeAll()
        do { try MachineSwitch.restart() } catch { throw .system(error) }
    }

    /// Writes the file systems' caches out and switches the machine off at once, as `reboot` does.
    public func powerOff(reason: String) throws(InitFailure) {
        guard allowsReboot else { throw .unsupported(.powerOff) }
        MachineSwitch.synchronizeAll()
        do { try MachineSwitch.powerOff() } catch { throw .system(error) }
    }

    /// Sets the host name; throws `.unsupported` when there is more to set, and then sets nothing.
    public func apply(_ settings: NetworkSettings) throws(InitFailure) {
        do { try settings.check() } catch { throw .invalid(error) }
        guard settings.isNameOnly else { throw .unsupported(.apply) }
        guard let name = settings.hostName, name != KernelNames.current.host else { return }
        do { try HostName.set(name) } catch { throw .system(error) }
    }

    public func trial() throws(InitFailure) -> TrialState? { nil }

    public func clock() throws(InitFailure) -> ClockState {
        ClockState(
            now: WallTime.now.components.seconds,
            isSynchronised: MachineClock.isSynchronised
        )
    }

    /// When the kernel's clock began, by the calendar of now: nanoseconds since 1970.
    private static var kernelEpoch: Int64 {
        let (seconds, fraction) = (WallTime.now - MonotonicTime.now).components
        return seconds * 1_000_000_000 + fraction / 1_000_000_000
    }
}
