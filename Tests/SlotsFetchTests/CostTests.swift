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
    /// Of the whole bundle.
    private let size: Int

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
        size = head.count + rootSize + 1024
        try file.truncate(atOffset: UInt64(size))
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
        let channel = Channel(capacity: BundleSource.ringCapacity)
        let outlet = Outlet(channel)
        let location = Location.server(url: server.url())
        let thread = try #require(
            WorkerThread { Fetcher.serve(channel, location, .testing, random: SeededRandom()) }
        )
        defer {
            outlet.close()
            thread.join(within: .seconds(5))
        }
        outlet.start(Job(parts: [Request(start: 0, end: nil)]))
        let taken = 1 << 20
        #expect(try pass(outlet, taken) == taken)
        let before = try memory()

        let seen = try #require(waitForPause(channel), "the ring never filled")
        #expect(seen <= taken + BundleSource.ringCapacity + (1 << 20))
        // A transfer that goes on all the same shows here, or in the memory.
        let moved = channel.monitor.wait(.consumer, atMost: .milliseconds(200)) { state in
            state.isPaused && state.traffic.bytes == seen ? nil : true
        }
        #expect(moved == nil)
        #expect(try memory() - before < 16 << 20)

        #expect(try pass(outlet, Int.max) == size - taken)
        #expect(outlet.traffic.requests == 1)
        #expect(outlet.traffic.retries == 0)
        #expect(try memory() - before < 24 << 20)
    }

    /// Waits until the worker has found no room, and answers how many bytes it received by then.
    private func waitForPause(_ channel: Channel) -> Int? {
        channel.monitor.wait(.consumer, atMost: .seconds(30)) { state in
            if state.isPaused { return state.traffic.bytes }
            // Has the worker wake this thread.
            state.need = channel.ring.capacity / 2
            return nil
        }
    }

    /// Reads `count` bytes, or as many as there are, in pieces of 16 KiB, and only counts them.
    private func pass(_ outlet: Outlet, _ count: Int) throws -> Int {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        var passed = 0
        while passed < count {
            var span = buffer.mutableSpan
            let size = try outlet.read(into: &span, 0..<min(span.count, count - passed))
            guard size > 0 else { break }
            passed += size
        }
        return passed
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
