import InitLink
import Slots
import Syscalls

/// The running machine, turn by turn: services, network, trial, black box, and its end.
///
/// One thread does everything here, one thing after the other; whoever wants something leaves it
/// at the desk. Effects go through ports, so that a whole life runs in a test.
final class Life {
    /// The name of the agent's service.
    static let agent = "keel-agent"
    /// The one that reads the time servers.
    static let timeService = "chronyd"
    /// How long services wait for the network before they start without one.
    static let networkTime = Duration.seconds(15)
    /// How long the orderly end may take before the machine restarts all the same.
    static let endTime = Duration.seconds(120)
    private static let tickTime = Duration.seconds(1)
    private static let feedTime = Duration.seconds(10)

    let ground: any Ground
    let journal: any BootJournal
    private let timer: any Timer
    let hands: any ServiceHands
    let desk: Desk
    let keeper: any SlotKeeping
    let ready: Stage2.Ready
    let kernelLines: () -> [String]
    let loadForContainers: () -> Void
    private let network: Network
    let clock: ClockKeeper
    var supervisor: Supervisor
    var trial: Trial
    private let started: Duration
    private var nextTick = Duration.zero
    private var nextFeed = Duration.zero
    var nextClock: Duration
    var nextSave = Duration.zero
    private var hasNetwork = false
    var hasNotes = false
    /// The kernel was told to take what containers need.
    var isForContainers = false
    /// The agent has shown its fingerprint, which it does when its door is open.
    var isAgentOpen = false
    var ending: (how: Ending, until: Duration, verdict: Trial.Verdict?)?

    init(
        _ ready: Stage2.Ready,
        on ground: any Ground,
        journal: any BootJournal,
        timer: any Timer,
        hands: any ServiceHands,
        desk: Desk,
        keeper: any SlotKeeping,
        kernelLines: @escaping () -> [String],
        loadForContainers: @escaping () -> Void
    ) {
        self.ready = ready
        self.ground = ground
        self.journal = journal
        self.timer = timer
        self.hands = hands
        self.desk = desk
        self.keeper = keeper
        self.kernelLines = kernelLines
        self.loadForContainers = loadForContainers
        network = ready.network
        clock = ClockKeeper(on: ground)
        supervisor = Supervisor(ready.specs)
        trial = Trial(of: ready.handover.facts, deadline: ready.configuration.deadline)
        started = ground.now
        nextClock = started + ClockKeeper.interval
        perform(supervisor.tick(now: started))
        journal.reach(.services)
    }

    /// What a wait must watch.
    var numbers: [CInt] { [desk.number] + hands.outputs + network.numbers }

    /// When the next turn is due at the latest.
    var nextTime: Duration {
        [nextTick, network.nextTime, supervisor.nextTime(after: ground.now) ?? nextTick].min()
            ?? nextTick
    }

    /// Does what is to be done now. Returns how the machine ends, once everything has stopped.
    func turn() -> Ending? {
        let now = ground.now
        if trial.mayFeed(now: now), now >= nextFeed, isEndInTime(now) {
            timer.feed()
            nextFeed = now + Self.feedTime
        }
        collect()
        reap()
        network.receive()
        network.tick()
        noticeNetwork(now)
        for order in desk.takeOrders() { answer(order) }
        perform(supervisor.tick(now: now))
        if now >= nextTick {
            nextTick = now + Self.tickTime
            tick(now)
        }
        desk.post(
            Desk.Notice(
                services: supervisor.services.values.map(\.state).sorted { $0.name < $1.name },
                trial: trial.state(now: now)
            )
        )
        return finish(now)
    }

    // MARK: Services

    func perform(_ actions: [Supervisor.Action]) {
        var actions = actions
        // A start tells at once how it went, which may allow the next one.
        while !actions.isEmpty {
            switch actions.removeFirst() {
            case .start(let name): actions += start(name)
            case .ask(_, let process): hands.ask(process)
            case .kill(let name, let process): hands.kill(name, process)
            }
        }
    }

    private func start(_ name: String) -> [Supervisor.Action] {
        guard let spec = supervisor.services[name]?.spec else { return [] }
        do {
            let process = try hands.start(spec, disk: ready.handover.disk)
            return supervisor.started(
                name,
                process: process,
                now: ground.now,
                calendar: Int64(ground.calendar)
            )
        } catch {
            if name == Self.agent { trial.agentEnded() }
            ground.say("\(name) cannot be started: \(error)")
            return supervisor.notStarted(name, why: "\(error)", now: ground.now)
        }
    }

    private func reap() {
        // As many as there are; a machine has no more than this at once.
        for _ in 0..<4096 {
            guard let (process, how) = hands.reap() else { return }
            guard let name = supervisor.service(of: process) else { continue }
            if name == Self.agent { trial.agentEnded() }
            if ending == nil { ground.say("\(name) ended: \(how)") }
            perform(supervisor.ended(process, how: how, now: ground.now))
        }
    }

    private func collect() {
        for (service, line) in hands.collect() {
            journal.note(["\(service): \(line)"])
            hasNotes = true
            if line.hasPrefix("keel: ") {
                ground.say(String(line.dropFirst("keel: ".count)))
            } else if service == Self.agent, line.holds("fingerprint=") {
                isAgentOpen = true
                ground.say(line)
            }
        }
    }

    // MARK: Network and requests

    private func noticeNetwork(_ now: Duration) {
        if !hasNetwork, network.isUp || now - started >= Self.networkTime {
            hasNetwork = true
            if !network.isUp { ground.say("there is no network yet: services start without") }
            perform(supervisor.reach("network", now: now))
        }
        if network.hasNewTimeServers {
            network.hasNewTimeServers = false
            if case .running = supervisor.services[Self.timeService]?.phase {
                perform(supervisor.restart(Self.timeService, now: now) ?? [])
            }
        }
    }

    private func answer(_ order: Desk.Order) {
        switch order.request {
        case .restart(let name):
            guard let actions = supervisor.restart(name, now: ground.now) else {
                return order.give(.failure(.notFound(service: name)))
            }
            perform(actions)
            order.give(.success(supervisor.services[name]?.state))
        case .end(let how, let reason):
            order.give(.success(nil))
            begin(how, reason)
        case .apply(let settings):
            do {
                try network.apply(settings)
                order.give(.success(nil))
            } catch {
                order.give(.failure(.invalid(error)))
            }
        }
    }
}
