import InitLink
import Testing

@testable import Boot

/// The supervisor's table, row by row: what happens, what it says.
@Suite("Supervisor")
struct SupervisorTests {
    private func spec(
        _ name: String,
        after: [String] = [],
        starts: ServiceSpec.Starts = .always,
        first: Int = 1,
        most: Int = 8,
        stop: Int = 10
    ) -> ServiceSpec {
        ServiceSpec(
            name: name,
            command: ["/bin/\(name)"],
            after: after,
            starts: starts,
            firstRest: .seconds(first),
            longestRest: .seconds(most),
            stopTime: .seconds(stop)
        )
    }

    /// Runs what is told to start: process numbers count up from 100.
    private func drive(
        _ supervisor: inout Supervisor,
        _ actions: [Supervisor.Action],
        at now: Duration,
        log: inout [String]
    ) {
        var actions = actions
        while !actions.isEmpty {
            switch actions.removeFirst() {
            case .start(let name):
                log.append("start \(name)")
                let process = Int32(100 + log.count)
                actions += supervisor.started(name, process: process, now: now, calendar: 5)
            case .ask(let name, _): log.append("ask \(name)")
            case .kill(let name, _): log.append("kill \(name)")
            }
        }
    }

    private func running(_ specs: ServiceSpec...) -> Supervisor {
        var supervisor = Supervisor(specs)
        var log: [String] = []
        drive(&supervisor, supervisor.tick(now: .zero), at: .zero, log: &log)
        return supervisor
    }

    private func process(_ name: String, _ supervisor: Supervisor) throws -> Int32 {
        try #require(supervisor.services[name]?.process)
    }

    @Test("services start after those they name, and what nobody declares is not waited for")
    func order() {
        var supervisor = Supervisor([
            spec("c", after: ["b"]), spec("b", after: ["a", "network"]), spec("a"),
            spec("d", after: ["nobody"]),
        ])
        var log: [String] = []
        drive(&supervisor, supervisor.tick(now: .zero), at: .zero, log: &log)
        #expect(log == ["start a", "start d"])
        drive(&supervisor, supervisor.reach("network", now: .zero), at: .zero, log: &log)
        #expect(log == ["start a", "start d", "start b", "start c"])
        #expect(supervisor.tick(now: .seconds(9)).isEmpty)
    }

    @Test("a service for joined nodes starts when the node joins")
    func bootstrapped() {
        var supervisor = running(spec("kubelet", starts: .bootstrapped))
        #expect(supervisor.services["kubelet"]?.state.condition == .waiting)
        #expect(supervisor.setBootstrapped(true, now: .zero) == [.start("kubelet")])
        #expect(supervisor.setBootstrapped(true, now: .zero).isEmpty)
    }

    @Test("the rest doubles up to its limit")
    func backOff() throws {
        var supervisor = running(spec("a", first: 1, most: 8))
        var now = Duration.zero
        var rests: [Duration] = []
        for _ in 0..<6 {
            #expect(supervisor.ended(try process("a", supervisor), how: "exit 1", now: now) == [])
            #expect(supervisor.services["a"]?.state.condition == .failed)
            let next = try #require(supervisor.nextTime(after: now))
            rests.append(next - now)
            #expect(supervisor.tick(now: next - .milliseconds(1)).isEmpty)
            now = next
            #expect(supervisor.tick(now: now) == [.start("a")])
            _ = supervisor.started("a", process: 7, now: now, calendar: 9)
        }
        #expect(rests == [1, 2, 4, 8, 8, 8].map { .seconds($0) })
        #expect(supervisor.services["a"]?.state.restarts == 6)
        #expect(supervisor.services["a"]?.state.lastExit == "exit 1")
    }

    @Test("a long enough run makes the next rest short again")
    func reset() throws {
        var supervisor = running(spec("a", first: 1, most: 30))
        _ = supervisor.ended(try process("a", supervisor), how: "exit 1", now: .seconds(1))
        _ = supervisor.tick(now: .seconds(2))
        _ = supervisor.started("a", process: 8, now: .seconds(2), calendar: 0)
        _ = supervisor.ended(8, how: "exit 1", now: .seconds(33))
        #expect(supervisor.nextTime(after: .seconds(33)) == .seconds(34))
    }

    @Test("a program that cannot be started rests like one that ended")
    func notStarted() {
        var supervisor = Supervisor([spec("a")])
        #expect(supervisor.tick(now: .zero) == [.start("a")])
        #expect(supervisor.notStarted("a", why: "no such file", now: .zero).isEmpty)
        #expect(supervisor.services["a"]?.state.condition == .failed)
        #expect(supervisor.services["a"]?.state.lastExit == "no such file")
        #expect(supervisor.tick(now: .seconds(1)) == [.start("a")])
    }

    @Test("a rest that is over while something else is missing asks for no tick")
    func blocked() throws {
        var supervisor = running(spec("kubelet", starts: .bootstrapped))
        #expect(supervisor.setBootstrapped(true, now: .zero) == [.start("kubelet")])
        _ = supervisor.started("kubelet", process: 5, now: .zero, calendar: 0)
        #expect(supervisor.setBootstrapped(false, now: .zero).isEmpty)
        #expect(supervisor.ended(5, how: "exit 1", now: .seconds(1)).isEmpty)
        #expect(supervisor.nextTime(after: .seconds(1)) == .seconds(2))
        #expect(supervisor.tick(now: .seconds(2)).isEmpty)
        #expect(supervisor.nextTime(after: .seconds(2)) == nil)
    }

    @Test("a process that is nobody's changes nothing")
    func stranger() {
        var supervisor = running(spec("a"))
        let before = supervisor.services["a"]?.state
        #expect(supervisor.ended(4711, how: "exit 0", now: .zero).isEmpty)
        #expect(supervisor.services["a"]?.state == before)
    }

    @Test("a restart asks, waits for the end, and starts at once")
    func restart() throws {
        var supervisor = running(spec("a"))
        let old = try process("a", supervisor)
        #expect(supervisor.restart("a", now: .zero) == [.ask("a", process: old)])
        #expect(supervisor.services["a"]?.state.condition == .stopped)
        #expect(supervisor.ended(old, how: "signal 15", now: .seconds(1)) == [.start("a")])
        #expect(supervisor.restart("b", now: .zero) == nil)
    }

    @Test("a service at rest is started by a restart without waiting")
    func impatient() throws {
        var supervisor = running(spec("a", first: 100, most: 100))
        _ = supervisor.ended(try process("a", supervisor), how: "exit 1", now: .zero)
        #expect(supervisor.restart("a", now: .seconds(1)) == [.start("a")])
    }

    @Test("who does not end when asked is killed in time, and given up if stuck")
    func stubborn() throws {
        var supervisor = running(spec("a", stop: 10))
        let number = try process("a", supervisor)
        #expect(supervisor.stopEverything(now: .zero) == [.ask("a", process: number)])
        #expect(supervisor.nextTime(after: .zero) == .seconds(10))
        #expect(supervisor.tick(now: .seconds(9)).isEmpty)
        #expect(supervisor.tick(now: .seconds(10)) == [.kill("a", process: number)])
        #expect(!supervisor.isStopped)
        #expect(supervisor.tick(now: .seconds(15)).isEmpty)
        #expect(supervisor.isStopped)
        #expect(supervisor.services["a"]?.state.lastExit == "does not end")
    }

    @Test("no second process is started beside one that is stuck, until that is gone")
    func stuck() throws {
        var supervisor = running(spec("a", stop: 10))
        let number = try process("a", supervisor)
        #expect(supervisor.restart("a", now: .zero) == [.ask("a", process: number)])
        #expect(supervisor.tick(now: .seconds(10)) == [.kill("a", process: number)])
        #expect(supervisor.tick(now: .seconds(15)).isEmpty)
        #expect(supervisor.services["a"]?.state.condition == .failed)
        #expect(supervisor.restart("a", now: .seconds(16)) == [])
        #expect(supervisor.ended(number, how: "signal 9", now: .seconds(17)) == [.start("a")])
    }

    @Test("everything stops in the opposite order, and nothing starts any more")
    func stop() throws {
        var supervisor = running(spec("a"), spec("b", after: ["a"]), spec("c", after: ["b"]))
        var log: [String] = []
        drive(&supervisor, supervisor.stopEverything(now: .zero), at: .zero, log: &log)
        #expect(log == ["ask c"])
        for name in ["c", "b", "a"] {
            let actions = supervisor.ended(
                try process(name, supervisor),
                how: "exit 0",
                now: .seconds(1)
            )
            drive(&supervisor, actions, at: .seconds(1), log: &log)
        }
        #expect(log == ["ask c", "ask b", "ask a"])
        #expect(supervisor.isStopped)
        #expect(supervisor.restart("a", now: .seconds(2)) == [])
        #expect(supervisor.reach("network", now: .seconds(2)).isEmpty)
        #expect(supervisor.tick(now: .seconds(1000)).isEmpty)
    }

    @Test("a start that was under way when everything stops is stopped too")
    func late() {
        var supervisor = Supervisor([spec("a")])
        #expect(supervisor.tick(now: .zero) == [.start("a")])
        #expect(supervisor.stopEverything(now: .zero).isEmpty)
        #expect(!supervisor.isStopped)
        let actions = supervisor.started("a", process: 9, now: .zero, calendar: 0)
        #expect(actions == [.ask("a", process: 9)])
    }

    @Test("two that wait for each other never start, and do not keep the machine from ending")
    func circle() {
        var supervisor = Supervisor([spec("a", after: ["b"]), spec("b", after: ["a"])])
        #expect(supervisor.tick(now: .zero).isEmpty)
        #expect(supervisor.stopEverything(now: .zero).isEmpty)
        _ = supervisor.tick(now: .zero)
        #expect(supervisor.isStopped)
    }

    @Test("any order of events keeps one process a service, and ends")
    func seeded() {
        for seed in UInt64(1)...200 { walk(seed) }
    }

    private func walk(_ seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15
        func next(_ limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }
        var supervisor = Supervisor([spec("a"), spec("b", after: ["a"]), spec("c", after: ["b"])])
        var alive: [String: Int32] = [:]
        var now = Duration.zero
        var number: Int32 = 10
        func handle(_ first: [Supervisor.Action]) {
            var actions = first
            while !actions.isEmpty {
                switch actions.removeFirst() {
                case .start(let name):
                    #expect(alive[name] == nil, "seed \(seed)")
                    if next(5) == 0 {
                        actions += supervisor.notStarted(name, why: "no", now: now)
                    } else {
                        number += 1
                        alive[name] = number
                        actions += supervisor.started(name, process: number, now: now, calendar: 0)
                    }
                case .ask(let name, let process), .kill(let name, let process):
                    #expect(alive[name] == process, "seed \(seed)")
                }
            }
        }
        func end(_ name: String) {
            guard let process = alive.removeValue(forKey: name) else { return }
            handle(supervisor.ended(process, how: "exit 1", now: now))
        }
        for _ in 0..<60 {
            now += .milliseconds(next(4000))
            let name = ["a", "b", "c"][next(3)]
            switch next(4) {
            case 0: end(name)
            case 1: handle(supervisor.restart(name, now: now) ?? [])
            default: handle(supervisor.tick(now: now))
            }
        }
        handle(supervisor.stopEverything(now: now))
        for _ in 0..<20 where !supervisor.isStopped {
            if next(2) == 0 { end(["a", "b", "c"][next(3)]) }
            now += .seconds(5)
            handle(supervisor.tick(now: now))
        }
        #expect(supervisor.isStopped, "seed \(seed)")
    }
}
