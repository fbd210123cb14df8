import InitLink
import Synchronization

/// A first process made of memory: does what it is asked, and remembers what that was.
final class MemoryMachine: Init {
    private struct State {
        var services: [ServiceState]
        var settings = NetworkSettings()
        var ends: [String] = []
        var trial: TrialState?
    }

    let log = LogRing()
    private let state: Mutex<State>
    /// Called in `clock()`, for whoever wants to hold the machine up.
    private let delay: @Sendable () -> Void

    init(
        _ services: [ServiceState] = [],
        trial: TrialState? = nil,
        delay: @escaping @Sendable () -> Void = {}
    ) {
        state = Mutex(State(services: services, trial: trial))
        self.delay = delay
    }

    var settings: NetworkSettings { state.withLock { $0.settings } }
    /// How it was ended: the reasons.
    var ends: [String] { state.withLock { $0.ends } }

    func services() throws(InitFailure) -> [ServiceState] { state.withLock { $0.services } }

    func restart(_ name: String) throws(InitFailure) -> ServiceState {
        let restarted: ServiceState? = state.withLock { state in
            guard let index = state.services.firstIndex(where: { $0.name == name }) else {
                return nil
            }
            state.services[index].restarts += 1
            return state.services[index]
        }
        guard let restarted else { throw .notFound(service: name) }
        return restarted
    }

    func logs(_ query: LogQuery) throws(InitFailure) -> LogPage {
        guard query.service == "init" else { throw .notFound(service: query.service) }
        return log.page(for: query)
    }

    func reboot(reason: String) throws(InitFailure) {
        state.withLock { $0.ends.append("reboot: " + reason) }
    }

    func powerOff(reason: String) throws(InitFailure) {
        guard reason != "" else { throw .system(.busy) }
        state.withLock { $0.ends.append("power off: " + reason) }
    }

    func apply(_ settings: NetworkSettings) throws(InitFailure) {
        state.withLock { $0.settings = settings }
    }

    func trial() throws(InitFailure) -> TrialState? { state.withLock { $0.trial } }

    func clock() throws(InitFailure) -> ClockState {
        delay()
        return ClockState(now: 1000, isSynchronised: true)
    }
}
