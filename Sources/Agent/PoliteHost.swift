import InitLink
import Syscalls

/// A plain host that leaves time for an answer before it ends the machine.
///
/// `PlainHost` restarts at once and never returns. Our first process answers and then stops the
/// services one after the other, so it needs no such help.
struct PoliteHost: Init {
    private static let patience: Duration = .milliseconds(500)

    private let host: PlainHost
    private let allowsReboot: Bool

    init(_ host: PlainHost, allowsReboot: Bool) {
        self.host = host
        self.allowsReboot = allowsReboot
    }

    func services() throws(InitFailure) -> [ServiceState] { try host.services() }

    func restart(_ name: String) throws(InitFailure) -> ServiceState { try host.restart(name) }

    func logs(_ query: LogQuery) throws(InitFailure) -> LogPage { try host.logs(query) }

    func reboot(reason: String) throws(InitFailure) {
        guard allowsReboot else { return try host.reboot(reason: reason) }
        try later { (host) throws(InitFailure) in try host.reboot(reason: reason) }
    }

    func powerOff(reason: String) throws(InitFailure) {
        guard allowsReboot else { return try host.powerOff(reason: reason) }
        try later { (host) throws(InitFailure) in try host.powerOff(reason: reason) }
    }

    func apply(_ settings: NetworkSettings) throws(InitFailure) { try host.apply(settings) }

    func trial() throws(InitFailure) -> TrialState? { try host.trial() }

    func clock() throws(InitFailure) -> ClockState { try host.clock() }

    private func later(
        _ end: @escaping @Sendable (PlainHost) throws(InitFailure) -> Void
    ) throws(InitFailure) {
        let host = host
        do {
            _ = try Thread("reboot") {
                MonotonicTime.sleep(Self.patience)
                // Nobody is left to be told; the kernel says why on its console.
                do throws(InitFailure) { try end(host) } catch { return }
            }
        } catch {
            throw .system(error)
        }
    }
}
