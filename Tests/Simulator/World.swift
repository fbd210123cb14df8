public import Slots
import Trust

/// How a world is built.
public struct WorldShape: Sendable, Hashable {
    public var sectorSize: Int
    public var physicalSize: Int

    public init(sectorSize: Int, physicalSize: Int) {
        self.sectorSize = sectorSize
        self.physicalSize = physicalSize
    }

    public static let all = [
        WorldShape(sectorSize: 512, physicalSize: 512),
        WorldShape(sectorSize: 512, physicalSize: 4096),
        WorldShape(sectorSize: 4096, physicalSize: 4096),
    ]
}

/// A whole machine in memory: firmware, two slots, a boot record, a history, and a power cord.
public final class World {
    public static let slotSize = 160 * 1024

    public let power = Power()
    public let slots: PerSlot<SimulatedDisk>
    public let recordDisk: SimulatedDisk
    public let store: any RecordStore
    /// Where each copy of the record begins on `recordDisk`.
    public let copyOffsets: [Int]
    public let history: SimulatedHistory
    public let releases: Releases
    public var policy: TrustPolicy
    public var generator: SeededGenerator
    /// What the firmware booted last; `nil` when nothing booted.
    public private(set) var booted: Firmware.Choice?
    /// Digests the firmware has started at least once, and those that were healthy then.
    public private(set) var tried: Set<Digest> = []
    public private(set) var healthy: Set<Digest> = []
    /// Digests given up by somebody's verdict.
    public private(set) var rejected: Set<Digest> = []
    /// What went wrong, as it went wrong.
    public var violations: [String] = []
    private let clock = SimulatedClock()
    private var held = PerSlot<(generation: Int, release: SimulatedRelease?)?>(a: nil, b: nil)

    /// A node that runs version 1 in slot a, trusted; slot b is blank.
    public init(
        seed: UInt64,
        shape: WorldShape,
        releases: Releases,
        medium: RecordMedium = .plain
    ) {
        generator = SeededGenerator(seed: seed)
        self.releases = releases
        policy = releases.policy
        let power = power
        func disk(_ name: String, _ size: Int) -> SimulatedDisk {
            SimulatedDisk(
                name,
                size: size,
                sectorSize: shape.sectorSize,
                physicalSize: shape.physicalSize,
                power: power,
                hashing: OpenSSLHashing()
            )
        }
        slots = PerSlot(a: disk("slot a", Self.slotSize), b: disk("slot b", Self.slotSize))
        recordDisk = disk("record", medium.size)
        recordDisk.restore(medium.content)
        store = medium.makeStore(recordDisk)
        copyOffsets = medium.copyOffsets
        history = SimulatedHistory(power: power)
        slots.a.tamper(releases[1].slotBytes, at: 0)
        let record = BootRecord(preferred: .a, a: .good, b: .none, sequence: 1)
        for copy in 0..<3 {
            recordDisk.tamper(record.encoded(), at: copyOffsets[copy])
        }
        watchWrites()
        powerOn()
    }

    /// Starts the agent: opens the engine on what the disk holds.
    public func engine() throws(UpdateError) -> Engine {
        guard let booted else { throw .nothingRuns }
        return try Engine(
            machine: Machine(
                slots: PerSlot(a: slots.a, b: slots.b),
                bootLoader: RecordBootLoader(store: store),
                boot: .running(booted.slot, lastResort: booted.state == .lastResort),
                policy: policy,
                hashing: OpenSSLHashing(),
                checker: releases.checker,
                clock: clock,
                history: history,
                moment: { Moment() },
                loaderContract: 1,
                isClockGood: false
            )
        )
    }

    /// A restart in good order: nothing unflushed is lost, the firmware chooses.
    public func reboot() {
        for disk in [slots.a, slots.b, recordDisk] where power.isOn { try? disk.flush() }
        powerOn()
    }

    /// Pulls the plug, lets chance settle the disks, and powers on again.
    public func powerCycle() {
        power.cut()
        for disk in [slots.a, slots.b, recordDisk] { disk.losePower(using: &generator) }
        power.restore()
        powerOn()
    }

    /// Says that the running slot is healthy, and confirms it.
    public func confirm() throws(UpdateError) {
        let engine = try engine()
        if let digest = runningRelease?.digest { healthy.insert(digest) }
        _ = try engine.confirm()
    }

    /// Says that the running slot is not healthy.
    public func reject() throws(UpdateError) {
        let engine = try engine()
        if let digest = runningRelease?.digest { rejected.insert(digest) }
        try engine.reject(.unhealthy)
    }

    public func rollBack() throws(UpdateError) {
        let engine = try engine()
        if let digest = runningRelease?.digest { rejected.insert(digest) }
        _ = try engine.rollBack()
    }

    public var runningRelease: SimulatedRelease? { booted.flatMap { holds($0.slot) } }

    /// The release whose every byte lies durably in `slot`.
    public func holds(_ slot: Slot) -> SimulatedRelease? {
        let generation = slots[slot].generation
        if let known = held[slot], known.generation == generation { return known.release }
        let release = releases.all.first { slots[slot].begins(with: $0.slotBytes) }
        held[slot] = (generation, release)
        return release
    }

    private func powerOn() {
        booted = firmware.boot()
        guard let booted else {
            if power.isOn { violations.append("I1: nothing boots") }
            return
        }
        guard let release = holds(booted.slot) else {
            violations.append("I1: slot \(booted.slot) booted and is not whole")
            return
        }
        tried.insert(release.digest)
    }

    var firmware: Firmware {
        Firmware(
            read: { [store] copy in try? store.readCopy(copy) },
            write: { [store] copy, bytes in
                (try? store.writeCopy(copy, bytes)) != nil
            },
            load: { [slots] slot in
                slots[slot].durableBytes(0..<4) == Array("hsqs".utf8) ? .whole : .impossible
            }
        )
    }
}
