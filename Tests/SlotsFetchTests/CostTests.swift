import Foundation
import Glibc
import Slots
import Testing

@testable import SlotsFetch

/// What a transfer costs. Large, so one at a time.
@Suite(.serialized) struct CostTests {
    private let scratch: Scratch
    private let server: Nginx
    private let rootSize = 600_000_000 / 4096 * 4096

    init() throws {
        server = try Nginx()
        scratch = server.scratch
        // The root is a hole in the file: its zeros cost no disk, and no less to send.
        let head =
            TestBundle.member("manifest.json", [1]) + TestBundle.member("manifest.sig", [2])
            + TestBundle.member("chunks.idx", [])
            + TestBundle.header("root.squashfs", size: rootSize)
        try scratch.write("bundle", head)
        let file = try #require(FileHandle(forWritingAtPath: scratch.file("bundle")))
        try file.truncate(atOffset: UInt64(head.count + rootSize + 1024))
    }

    private func open(_ location: String) throws -> BundleSource {
        let source = try BundleSource(
            location,
            options: .testing,
            expectsReuse: false,
            random: SeededRandom()
        )
        _ = try source.readStatement()
        _ = try source.readIndex(byteCount: 0)
        let delivery = try source.openRoot(rootSize: rootSize, wanted: [0..<rootSize])
        #expect(delivery == .whole)
        return source
    }

    /// Reads `count` bytes in pieces of 16 KiB, and only counts them.
    private func pass(_ source: BundleSource, _ count: Int) throws {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        for _ in 0..<(count / buffer.count) {
            var span = buffer.mutableSpan
            try source.read(into: &span)
        }
        _ = try source.take(count % buffer.count)
    }

    /// User and system time of this process, in seconds.
    private func time() -> Double {
        var usage = rusage()
        // Sound: `usage` is a local of this frame.
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Resident memory of this process now, in bytes.
    private func memory() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
    }

    @Test("a consumer that pauses stops the transfer, and memory stays bounded")
    func paused() throws {
        let source = try open(server.url())
        try pass(source, 1 << 20)
        let before = try memory()
        // Until nothing moves any more for half a second.
        var seen = -1
        while source.traffic.bytes != seen {
            seen = source.traffic.bytes
            usleep(500_000)
        }
        #expect(seen <= 1 << 20 + BundleSource.ringCapacity + (1 << 20))
        #expect(try memory() - before < 16 << 20)
        try pass(source, rootSize - (1 << 20))
        try source.finish()
        #expect(source.traffic.requests == 1)
        #expect(source.traffic.retries == 0)
        #expect(try memory() - before < 24 << 20)
    }

    @Test("600 MB cost little more than curl needs to throw them away")
    func throughput() throws {
        let clock = ContinuousClock()
        for location in [server.url(), scratch.file("bundle")] {
            let begin = (clock.now, time())
            let source = try open(location)
            try pass(source, rootSize)
            try source.finish()
            let wall = clock.now - begin.0
            let cpu = (time() - begin.1) / (Double(rootSize) / 1e9)
            print("\(location.prefix(4)): \(wall), \(cpu) CPU s/GB")
            // Far above what an idle machine shows: other tests run in the same process.
            #expect(cpu < 10)
        }
        let begin = clock.now
        try Program.run(["curl", "-s", "--noproxy", "*", "-o", "/dev/null", server.url()])
        print("curl: \(clock.now - begin)")
    }
}
