import InitLink
import Slots
import Syscalls

/// The first process of a KeelOS machine, both stages of it.
@main
enum KeelInit {
    static let socket = "/run/keel/init.sock"

    static func main() {
        guard CurrentProcess.number == 1 else {
            Console.refuse()
            return
        }
        Memory.returnLargeBlocks()
        StandardStreams.fill()
        let rings = LogRings()
        let ground = RealGround(log: rings.own)
        guard let bytes = try? ground.read(Handover.path, limit: 64 << 10),
            let handover = Handover(parsing: bytes)
        else { return first(ground) }
        second(ground, rings, handover)
    }

    /// The first stage. It becomes the second one, or the machine restarts.
    private static func first(_ ground: RealGround) {
        let stage = Stage1(
            on: ground,
            journal: BoxJournal(on: ground),
            timer: RealTimer(ground),
            keeping: { OwnDisk($0, trustedBy: ground) }
        )
        _ = stage.run()
        LastWord.end(.restart, on: ground)
    }

    private static func second(_ ground: RealGround, _ rings: LogRings, _ handover: Handover) {
        let watched: Watched
        do { watched = try Watched(rings) } catch {
            ground.say("nothing can be watched: \(error)")
            return LastWord.end(.restart, on: ground)
        }
        let desk = watched.desk
        do { try SignalQueue.takeOverKeys() } catch {}
        let journal = BoxJournal(on: ground)
        let timer = RealTimer(ground)
        let ready = Stage2(on: ground, journal: journal, timer: timer)
            .run(handover) { (link) throws(Errno) in try RealPacketPort(link: link) }
        let server = listen(desk, ground)
        let kernel = try? KernelLines()
        let life = Life(
            ready,
            on: ground,
            journal: journal,
            timer: timer,
            hands: RealHands(on: ground, rings: rings),
            desk: desk,
            keeper: keeper(of: handover, ground),
            kernelLines: { kernel?.next() ?? [] },
            loadForContainers: { loadTheRest(rings) }
        )
        // Not stopped in order: its thread may be waiting for an answer that nobody gives now.
        withExtendedLifetime(server) {
            LastWord.end(live(life, watched), on: ground)
        }
    }

    /// The modules that the root names: a cluster's containers need them, nothing else does. They
    /// may take longer than everything else together, so they are loaded beside it.
    private static func loadTheRest(_ rings: LogRings) {
        let load: @Sendable () -> Void = {
            let ground = RealGround(log: rings.own)
            var modules = Modules(on: ground)
            modules.loadNamed(in: "/etc/keel/modules")
            // Some settings come with their modules.
            Settings.apply(on: ground)
        }
        do { _ = try Thread("modules", load) } catch { load() }
    }

    /// What must be there before there is a second thread.
    private final class Watched {
        let signals: SignalQueue
        let desk: Desk

        init(_ rings: LogRings) throws(Errno) {
            signals = try SignalQueue()
            desk = try Desk(rings: rings)
        }
    }

    private static func live(_ life: Life, _ watched: Watched) -> Ending {
        while true {
            if let ending = life.turn() { return ending }
            var list = ([watched.signals.number] + life.numbers).map {
                Readiness($0, for: .reading)
            }
            _ = Readiness.wait(for: &list, until: life.nextTime)
            let came = watched.signals.next()
            if came.contains(.interrupt) { life.begin(.restart, "the keyboard's three keys") }
            if came.contains(.terminate) { life.begin(.powerOff, "a signal") }
        }
    }

    /// Without the socket the agent still serves; it says what it cannot do.
    private static func listen(_ desk: Desk, _ ground: RealGround) -> InitServer? {
        do { return try InitServer(at: socket, answering: desk) } catch {
            ground.say("\(socket) is not there: \(error)")
            return nil
        }
    }

    private static func keeper(of handover: Handover, _ ground: RealGround) -> any SlotKeeping {
        let disk =
            DiskSearch(ground: ground).disk(at: handover.disk)
            ?? FoundDisk(
                node: handover.disk,
                table: PartitionTable(entries: []),
                isRemovable: false,
                place: ""
            )
        return OwnDisk(disk, trustedBy: ground)
    }
}

/// The machine's end.
enum LastWord {
    /// Restarts or switches off. Never returns: what does not restart is left to the watchdog.
    static func end(_ how: Ending, on ground: any Ground) {
        MachineSwitch.synchronizeAll()
        do {
            switch how {
            case .restart: try MachineSwitch.restart()
            case .powerOff: try MachineSwitch.powerOff()
            }
        } catch {
            ground.say("the machine does not end: \(error)")
        }
        while true { ground.sleep(.seconds(3600)) }
    }
}

/// Descriptors 0, 1 and 2, which a first process may have been started without.
enum StandardStreams {
    /// Opens the console until all three are there, so that no other file gets their numbers.
    static func fill() {
        do { try OpenFiles.keepStandardStreams(on: "/dev/console") } catch {}
    }
}

extension Console {
    fileprivate static func refuse() {
        let text = "keel-init is the first process of a machine; it does nothing else\n"
        do { try StandardError.write(Array(text.utf8).span) } catch {}
    }
}
