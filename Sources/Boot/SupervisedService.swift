import InitLink

/// One service in the supervisor's eyes.
struct SupervisedService: Sendable {
    /// Where it is in its life.
    enum Phase: Sendable, Hashable {
        case idle
        case starting
        case running(Int32, since: Duration)
        /// Ended by itself; may start again from `until` on.
        case resting(until: Duration)
        /// Asked to end; killed at `until`, and given up when it was killed before.
        case stopping(Int32, until: Duration, isKilled: Bool, startsAgain: Bool)
        /// Killed and still there, so stuck in the kernel: not waited for, and no second one is
        /// started beside it.
        case stuck(Int32, startsAgain: Bool)
        case stopped
    }

    let spec: ServiceSpec
    private(set) var phase = Phase.idle
    /// The next rest: doubles with each end, and is short again after a long enough run.
    private var rest: Duration
    private(set) var starts: UInt32 = 0
    /// Seconds since 1970, 0 when it never was started.
    private(set) var since: Int64 = 0
    private(set) var lastExit = ""

    init(_ spec: ServiceSpec) {
        self.spec = spec
        rest = spec.firstRest
    }

    var wasStarted: Bool { starts > 0 }

    /// Whether nothing of it is left to wait for.
    var isOver: Bool {
        switch phase {
        case .idle, .resting, .stuck, .stopped: true
        case .starting, .running, .stopping: false
        }
    }

    var process: Int32? {
        switch phase {
        case .running(let process, _), .stopping(let process, _, _, _), .stuck(let process, _):
            process
        case .idle, .starting, .resting, .stopped: nil
        }
    }

    var nextTime: Duration? {
        switch phase {
        case .resting(let until), .stopping(_, let until, _, _): until
        case .idle, .starting, .running, .stuck, .stopped: nil
        }
    }

    func mayStart(now: Duration) -> Bool {
        switch phase {
        case .idle: true
        case .resting(let until): until <= now
        case .starting, .running, .stopping, .stuck, .stopped: false
        }
    }

    /// For whoever asks.
    var state: ServiceState {
        let condition: ServiceState.Condition =
            switch phase {
            case .idle: .waiting
            case .starting: .starting
            case .running: .running
            case .resting, .stuck: .failed
            case .stopping, .stopped: .stopped
            }
        return ServiceState(
            name: spec.name,
            condition: condition,
            pid: process,
            since: since,
            restarts: starts > 0 ? starts - 1 : 0,
            lastExit: lastExit
        )
    }

    mutating func start() -> Supervisor.Action {
        phase = .starting
        return .start(spec.name)
    }

    mutating func started(_ process: Int32, now: Duration, calendar: Int64) {
        guard phase == .starting else { return }
        phase = .running(process, since: now)
        starts += 1
        since = calendar
    }

    mutating func ended(_ how: String, now: Duration) {
        lastExit = String(decoding: Array(how.utf8.prefix(256)), as: UTF8.self)
        switch phase {
        case .running(_, let since):
            // Long enough to call it healthy: the next failure is a first one.
            if now - since >= max(spec.longestRest, .seconds(10)) { rest = spec.firstRest }
            takeRest(now: now)
        case .starting: takeRest(now: now)
        case .stopping(_, _, _, let startsAgain), .stuck(_, let startsAgain):
            phase = startsAgain ? .idle : .stopped
        case .idle, .resting, .stopped: break
        }
    }

    private mutating func takeRest(now: Duration) {
        phase = .resting(until: now + rest)
        rest = min(rest * 2, spec.longestRest)
    }

    mutating func restart(now: Duration) -> Supervisor.Action? {
        rest = spec.firstRest
        return ask(now: now, startsAgain: true)
    }

    mutating func stop(now: Duration) -> Supervisor.Action? {
        ask(now: now, startsAgain: false)
    }

    private mutating func ask(now: Duration, startsAgain: Bool) -> Supervisor.Action? {
        switch phase {
        case .running(let process, _):
            let until = now + spec.stopTime
            phase = .stopping(process, until: until, isKilled: false, startsAgain: startsAgain)
            return .ask(spec.name, process: process)
        case .stopping(let process, let until, let isKilled, _):
            phase = .stopping(process, until: until, isKilled: isKilled, startsAgain: startsAgain)
        case .stuck(let process, _): phase = .stuck(process, startsAgain: startsAgain)
        // A start that is under way tells about itself at once.
        case .starting: break
        case .idle, .resting, .stopped: phase = startsAgain ? .idle : .stopped
        }
        return nil
    }

    mutating func tick(now: Duration) -> Supervisor.Action? {
        guard case .stopping(let process, let until, let isKilled, let startsAgain) = phase,
            until <= now
        else { return nil }
        guard isKilled else {
            phase = .stopping(
                process,
                until: now + Supervisor.killTime,
                isKilled: true,
                startsAgain: startsAgain
            )
            return .kill(spec.name, process: process)
        }
        lastExit = "does not end"
        phase = .stuck(process, startsAgain: startsAgain)
        return nil
    }
}
