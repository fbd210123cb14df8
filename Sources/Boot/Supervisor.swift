/// Which services run, which must be started, stopped or waited for: a value that is told what
/// happened and says what to do. It has no clock, starts nothing and knows no file.
///
/// | phase | meaning | ends with |
/// |--|--|--|
/// | idle | something it needs is not there yet, or it is held back | a tick when all is there |
/// | starting | told to start, no process yet | `started`, `notStarted` |
/// | running | has a process | the process's end |
/// | resting | ended by itself; waits before it is started again | a tick after the rest |
/// | stopping | asked to end; killed when its time is over | the process's end, or a second limit |
/// | stuck | was killed and is still there; not waited for any more | the process's end |
/// | stopped | ended because it had to | `restart`, unless everything stops |
///
/// Invariants: a service has at most one process; every wait for time has an end that `nextTime`
/// names; once everything stops nothing starts; a service is stopped only when all that come after
/// it are.
struct Supervisor: Sendable {
    /// What the caller does next.
    enum Action: Sendable, Hashable {
        case start(String)
        /// Asks the process to end.
        case ask(String, process: Int32)
        /// Ends the process and all that it started.
        case kill(String, process: Int32)
    }

    /// How long after a kill a process is given up as stuck in the kernel.
    static let killTime = Duration.seconds(5)

    private(set) var services: [String: SupervisedService]
    /// Things besides services that one can come after, such as `network`.
    private var milestones: Set<String> = []
    private var isBootstrapped = false
    private var isStopping = false

    /// Services of the same name: the last one counts.
    init(_ specs: [ServiceSpec]) {
        services = [:]
        for spec in specs { services[spec.name] = SupervisedService(spec) }
    }

    /// Whether nothing runs any more, or is given up.
    var isStopped: Bool { isStopping && services.values.allSatisfy(\.isOver) }

    /// When `tick` must be called again, for something to happen in time. What could happen by
    /// now waits for something else.
    func nextTime(after now: Duration) -> Duration? {
        services.values.compactMap(\.nextTime).filter { $0 > now }.min()
    }

    /// Which service a process belongs to.
    func service(of process: Int32) -> String? {
        services.first { $0.value.process == process }?.key
    }

    // MARK: What happened

    mutating func reach(_ milestone: String, now: Duration) -> [Action] {
        milestones.insert(milestone)
        return tick(now: now)
    }

    mutating func setBootstrapped(_ isBootstrapped: Bool, now: Duration) -> [Action] {
        guard self.isBootstrapped != isBootstrapped else { return [] }
        self.isBootstrapped = isBootstrapped
        return tick(now: now)
    }

    mutating func started(
        _ name: String,
        process: Int32,
        now: Duration,
        calendar: Int64
    )
        -> [Action]
    {
        services[name]?.started(process, now: now, calendar: calendar)
        return tick(now: now)
    }

    mutating func notStarted(_ name: String, why: String, now: Duration) -> [Action] {
        services[name]?.ended(why, now: now)
        return tick(now: now)
    }

    /// A process ended; one that is nobody's changes nothing.
    mutating func ended(_ process: Int32, how: String, now: Duration) -> [Action] {
        guard let name = service(of: process) else { return [] }
        services[name]?.ended(how, now: now)
        return tick(now: now)
    }

    // MARK: What is asked

    /// Stops the service and starts it again; `nil` when there is no such service.
    mutating func restart(_ name: String, now: Duration) -> [Action]? {
        guard services[name] != nil else { return nil }
        guard !isStopping else { return [] }
        let action = services[name]?.restart(now: now)
        return (action.map { [$0] } ?? []) + tick(now: now)
    }

    /// Stops one service for good.
    mutating func stop(_ name: String, now: Duration) -> [Action] {
        guard let action = services[name]?.stop(now: now) else { return [] }
        return [action]
    }

    /// From here on nothing starts, and what runs is stopped in order.
    mutating func stopEverything(now: Duration) -> [Action] {
        isStopping = true
        return tick(now: now)
    }

    /// Does what time and the state of others allow. Calling it twice does nothing more.
    mutating func tick(now: Duration) -> [Action] {
        var actions: [Action] = []
        for name in services.keys.sorted() {
            if let action = services[name]?.tick(now: now) { actions.append(action) }
        }
        for name in services.keys.sorted() {
            guard let action = isStopping ? stopInOrder(name, now) : startInOrder(name, now) else {
                continue
            }
            actions.append(action)
        }
        return actions
    }

    private mutating func startInOrder(_ name: String, _ now: Duration) -> Action? {
        guard let service = services[name], service.mayStart(now: now),
            service.spec.starts == .always || isBootstrapped,
            service.spec.after.allSatisfy(isThere)
        else { return nil }
        return services[name]?.start()
    }

    private mutating func stopInOrder(_ name: String, _ now: Duration) -> Action? {
        let isNeeded = services.values.contains {
            $0.spec.after.contains(name) && !$0.isOver
        }
        return isNeeded ? nil : services[name]?.stop(now: now)
    }

    /// A service that was started once counts from then on: one that fails now and again must not
    /// take along those that come after it. What nobody can reach is not waited for.
    private func isThere(_ name: String) -> Bool {
        guard let service = services[name] else {
            return milestones.contains(name) || !Self.knownMilestones.contains(name)
        }
        return service.wasStarted
    }

    private static let knownMilestones: Set = ["network"]
}
