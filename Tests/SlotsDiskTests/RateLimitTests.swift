import Slots
import SlotsDisk
import Support
import Syscalls
import Testing
import Trust

@Suite struct RateLimitTests {
    /// A clock that only sleeping moves.
    private final class Clock: TimeSource {
        var now: Duration = .seconds(100)
    }

    /// Takes 1 MiB a second.
    private func limitedDevice(
        _ clock: Clock,
        in folder: TemporaryFolder
    ) throws -> PartitionDevice {
        let rate = RateLimit(bytesPerSecond: 1 << 20, clock: clock) { clock.now += $0 }
        let disk = try Disk(
            opening: folder.image("a", size: 64 << 20),
            for: .writing(wait: .zero)
        )
        return try disk.device(0..<(64 << 20), hashing: OpenSSLHashing(), rate: rate)
    }

    @Test("writing is no faster than the cap, after a first burst")
    func cap() throws {
        let folder = try TemporaryFolder()
        let clock = Clock()
        let device = try limitedDevice(clock, in: folder)
        let bytes = [UInt8](repeating: 1, count: 100_000)
        for index in 0..<200 { try device.write(bytes.span, at: index * bytes.count) }
        try device.flush()
        let expected = Double(200 * bytes.count - (4 << 20)) / Double(1 << 20)
        let found = (clock.now - .seconds(100)) / .seconds(1)
        #expect(abs(found - expected) < 0.01)
    }

    @Test("a pause earns no more than one burst")
    func pause() throws {
        let folder = try TemporaryFolder()
        let clock = Clock()
        let device = try limitedDevice(clock, in: folder)
        clock.now += .seconds(1000)
        let start = clock.now
        let bytes = [UInt8](repeating: 1, count: 6 << 20)
        try device.write(bytes.span, at: 0)
        try device.flush()
        #expect(abs((clock.now - start) / .seconds(1) - 2) < 0.01)
    }

    @Test("the machine's clock goes on")
    func clock() {
        let clock = MonotonicClock()
        let start = clock.now
        MonotonicTime.sleep(.milliseconds(5))
        #expect(clock.now - start >= .milliseconds(5))
    }
}
