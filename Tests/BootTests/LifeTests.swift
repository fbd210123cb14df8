import InitLink
import Slots
import Syscalls
import Testing

@testable import Boot

/// A machine's life after its start, turn by turn, in memory.
@Suite("Life")
struct LifeTests {
    private let ground = MemoryGround()
    private let journal = MemoryJournal()
    private let timer = MemoryTimer()
    private let hands = MemoryHands()
    private let rings = LogRings()

    private func keeper(_ own: SlotState, other: SlotState = .good) -> MemoryKeeper {
        MemoryKeeper(
            BootRecord(preferred: .a, a: own, b: other, sequence: 1),
            .failure(BootFault("x", "x"))
        )
    }

    private func life(_ state: String, _ keeper: MemoryKeeper, _ desk: Desk) throws -> Life {
        let handover = Handover(
            facts: BootFacts(slot: .a, state: state, partition: "p"),
            disk: "/dev/vda",
            version: "1.2.0",
            digest: try #require(Digest(hex: String(repeating: "ab", count: 32))),
            warnings: []
        )
        let network = Network(on: ground, machineID: "m", opening: { _ in MemoryPort() })
        let specs = [
            ServiceSpec(name: "keel-agent", command: ["/agent", "{disk}"], after: ["network"]),
            ServiceSpec(name: "containerd", command: ["/containerd"]),
            ServiceSpec(
                name: "kubelet",
                command: ["/kubelet"],
                after: ["containerd"],
                starts: .bootstrapped
            ),
        ]
        return Life(
            Stage2.Ready(
                handover: handover,
                configuration: KeptConfiguration(),
                network: network,
                specs: specs,
                data: .writable
            ),
            on: ground,
            journal: journal,
            timer: timer,
            hands: hands,
            desk: desk,
            keeper: keeper,
            kernelLines: { ["kernel says"] },
            loadForContainers: { [hands] in hands.log.append("load for containers") }
        )
    }

    /// Turns once a second; how it ended, if it did.
    private func run(_ life: Life, seconds: Int) -> Ending? {
        for _ in 0..<seconds {
            if let ending = life.turn() { return ending }
            ground.now += .seconds(1)
        }
        return nil
    }

    /// Asks as the control socket's thread would, and lets the machine live meanwhile.
    private func ask(
        _ desk: Desk,
        _ life: Life,
        _ request: @escaping @Sendable (Desk) -> Void
    )
        throws
    {
        let thread = try Thread("asker") { request(desk) }
        let end = MonotonicTime.now + .seconds(10)
        while !Readiness.wait(for: desk.number, .reading, until: MonotonicTime.now),
            MonotonicTime.now < end
        {}
        _ = life.turn()
        thread.join()
    }

    @Test("services start, those after the network a little later, even without one")
    func start() throws {
        let life = try life("good", keeper(.good), Desk(rings: rings))
        #expect(journal.stages == [.services])
        #expect(hands.log == ["start /containerd"])
        #expect(run(life, seconds: 14) == nil)
        #expect(hands.log.count == 1)
        #expect(run(life, seconds: 3) == nil)
        #expect(hands.log == ["start /containerd", "start /agent /dev/vda"])
        #expect(ground.hasSaid("there is no network yet"))
        #expect(timer.feeds >= 2)
    }

    @Test("the kubelet and its modules wait for the node to join, and never come as a last resort")
    func joined() throws {
        let life = try life("good", keeper(.good), Desk(rings: rings))
        ground.set("/var/lib/keel/kubernetes/current", "a x\n")
        ground.set("/var/lib/keel/kubernetes/b/ca.crt", "an earlier cluster's")
        _ = run(life, seconds: 2)
        #expect(!hands.log.contains("start /kubelet"), "it has a client CA and no cluster")
        #expect(!hands.log.contains("load for containers"))
        ground.set("/var/lib/keel/kubernetes/a/ca.crt", "the cluster's")
        _ = run(life, seconds: 2)
        #expect(hands.log.suffix(2) == ["load for containers", "start /kubelet"])
        _ = run(life, seconds: 30)
        #expect(hands.log.count { $0 == "load for containers" } == 1)
        let fresh = LifeTests()
        let other = try fresh.life("lastresort", fresh.keeper(.failed), Desk(rings: rings))
        fresh.ground.set("/var/lib/keel/kubernetes/current", "a x\n")
        fresh.ground.set("/var/lib/keel/kubernetes/a/ca.crt", "the cluster's")
        _ = fresh.run(other, seconds: 30)
        #expect(!fresh.hands.log.contains("start /kubelet"))
        #expect(!fresh.hands.log.contains("load for containers"))
    }

    @Test("what a service says is kept, and its fingerprint is shown")
    func lines() throws {
        let life = try life("good", keeper(.good), Desk(rings: rings))
        hands.write("containerd", "starting")
        hands.write("keel-agent", "Serving fingerprint=00ff")
        hands.write("containerd", "keel: look here")
        _ = run(life, seconds: 1)
        #expect(journal.lines.contains("containerd: starting"))
        #expect(ground.said.contains("Serving fingerprint=00ff"))
        #expect(ground.said.contains("look here"))
        #expect(!ground.hasSaid("starting"))
        #expect(journal.saves == 1)
    }

    @Test("a trial is confirmed by the record, and then hangs are no reason to restart")
    func confirmed() throws {
        let keeper = keeper(.tries(2))
        let desk = try Desk(rings: rings)
        let life = try life("trial3", keeper, desk)
        _ = run(life, seconds: 20)
        #expect(try desk.trial()?.attemptsLeft == 2)
        _ = run(life, seconds: 2)
        #expect(journal.stages == [.services, .agent])
        keeper.boots?[.a] = .good
        _ = run(life, seconds: 2)
        #expect(journal.stages == [.services, .agent, .healthy])
        #expect(try desk.trial() == nil)
        #expect(ground.deeds("put").contains("/proc/sys/kernel/hung_task_panic=0"))
        #expect(run(life, seconds: 1000) == nil)
        #expect(!keeper.verbs.contains("fail a"))
    }

    @Test("a trial that is not confirmed in time is given up, after its services")
    func deadline() throws {
        let keeper = keeper(.tries(2))
        let desk = try Desk(rings: rings)
        let life = try life("trial3", keeper, desk)
        _ = try desk.clock()
        #expect(run(life, seconds: 590) == nil)
        let feeds = timer.feeds
        #expect(run(life, seconds: 20) == .restart)
        // Once for the last seconds, once for an end in order.
        #expect(timer.feeds <= feeds + 2)
        #expect(journal.failures.count == 1 && journal.failures[0].hasPrefix("deadline: "))
        #expect(keeper.verbs == ["remember fail a", "fail a"])
        #expect(hands.log.suffix(1) == ["kill everything"])
        #expect(hands.log.contains("ask keel-agent"))
        #expect(ground.deeds.contains("unmount /var/lib/keel"))
    }

    @Test("a trial whose agent cannot live is given up before its time")
    func agent() throws {
        hands.mortal = ["keel-agent"]
        let keeper = keeper(.tries(2))
        let life = try life("trial3", keeper, Desk(rings: rings))
        #expect(run(life, seconds: 120) == .restart)
        #expect(journal.failures == ["agent: keel-agent ended: exit 1"])
        #expect(keeper.verbs.last == "fail a")
    }

    @Test("a trial without an agent's program is given up before its time")
    func noAgent() throws {
        hands.missing = ["keel-agent"]
        let keeper = keeper(.tries(2))
        #expect(try run(life("trial3", keeper, Desk(rings: rings)), seconds: 120) == .restart)
        #expect(journal.failures.count == 1 && journal.failures[0].contains("ENOENT"))
    }

    @Test("a good boot bears an agent that cannot live")
    func goodWithoutAgent() throws {
        hands.mortal = ["keel-agent"]
        let keeper = keeper(.good)
        let life = try life("good", keeper, Desk(rings: rings))
        #expect(run(life, seconds: 2000) == nil)
        #expect(keeper.verbs.isEmpty && !journal.stages.contains(.healthy))
    }

    @Test("a good boot is healthy once its agent has been there for a while")
    func healthy() throws {
        let desk = try Desk(rings: rings)
        let life = try life("good", keeper(.good), desk)
        _ = run(life, seconds: 20)
        _ = try desk.services()
        _ = run(life, seconds: 50)
        #expect(journal.stages == [.services, .agent])
        _ = run(life, seconds: 20)
        #expect(journal.stages.last == .healthy)
    }

    @Test("an agent that nobody asks anything is known by its fingerprint")
    func quietAgent() throws {
        let life = try life("good", keeper(.good), Desk(rings: rings))
        hands.write("keel-agent", "The agent serves fingerprint=00ff")
        _ = run(life, seconds: 90)
        #expect(journal.stages == [.services, .agent, .healthy])
    }

    @Test("a restart that is asked for is answered, then done in order")
    func restart() throws {
        let desk = try Desk(rings: rings)
        let life = try life("good", keeper(.good), desk)
        _ = run(life, seconds: 20)
        try ask(desk, life) { desk in try? desk.reboot(reason: "an operator") }
        #expect(ground.hasSaid("restarting: an operator"))
        #expect(run(life, seconds: 5) == .restart)
        let asked = hands.log.filter { $0.hasPrefix("ask") }.sorted()
        #expect(asked == ["ask containerd", "ask keel-agent"])
        #expect(journal.failures.isEmpty)
        #expect(journal.ends == ["an operator"])
    }

    @Test("the health gate's word about a trial is left behind as it said it")
    func unhealthy() throws {
        let desk = try Desk(rings: rings)
        let life = try life("trial3", keeper(.failed), desk)
        _ = run(life, seconds: 20)
        try ask(desk, life) { desk in
            try? desk.reboot(reason: "unhealthy: containerd: its socket: not there")
        }
        #expect(journal.failures == ["containerd: its socket: not there"])
        #expect(run(life, seconds: 5) == .restart)
    }

    @Test("services that do not end keep the machine only so long")
    func stuck() throws {
        hands.isObedient = false
        let life = try life("good", keeper(.good), Desk(rings: rings))
        _ = run(life, seconds: 20)
        life.begin(.powerOff, "test")
        let before = ground.now
        #expect(run(life, seconds: 200) == .powerOff)
        #expect(ground.now - before <= .seconds(30))
        #expect(hands.log.contains("kill keel-agent"))
    }

    @Test("what nobody knows is answered so, and settings are put into force")
    func requests() throws {
        let desk = try Desk(rings: rings)
        let life = try life("good", keeper(.good), desk)
        _ = run(life, seconds: 1)
        try ask(desk, life) { desk in
            #expect(throws: InitFailure.notFound(service: "x")) { try desk.restart("x") }
        }
        try ask(desk, life) { desk in
            let state = try? desk.restart("containerd")
            #expect(state?.name == "containerd")
        }
        try ask(desk, life) { desk in
            try? desk.apply(NetworkSettings(hostName: "n9"))
        }
        #expect(ground.deeds("host").last == "n9")
        try ask(desk, life) { desk in
            #expect(throws: InitFailure.invalid(.text(.nameservers))) {
                try desk.apply(NetworkSettings(nameservers: ["x"]))
            }
        }
        #expect(throws: InitFailure.notFound(service: "nolog")) {
            try desk.logs(LogQuery(service: "nolog"))
        }
        rings.own.append(LogLine(time: 1, level: .info, "said"))
        #expect(try desk.logs(LogQuery(service: "init")).lines.count == 1)
    }

    @Test("the time is kept now and then")
    func clock() throws {
        let life = try life("good", keeper(.good), Desk(rings: rings))
        _ = run(life, seconds: 650)
        #expect(ground.deeds("keep") == [ClockKeeper.file])
    }
}
