import Slots
import Testing

@testable import SlotsFetch

/// Dropping a source, whatever it is doing.
@Suite struct EndingTests {
    private let bundle = TestBundle(rootSize: 3_000_000)

    /// How long it takes to drop a source on which `use` was called.
    private func drop(
        _ location: String,
        _ options: FetchOptions = .testing,
        use: (BundleSource) throws -> Void
    ) throws -> Duration {
        var source: BundleSource? = try BundleSource.testing(
            location,
            options,
            capacity: 64 * 1024
        )
        if let source { try use(source) }
        let clock = ContinuousClock()
        let start = clock.now
        source = nil
        return clock.now - start
    }

    @Test("a source that was never used goes at once")
    func unused() throws {
        #expect(try drop("https://127.0.0.1/x") { _ in } < .seconds(1))
    }

    @Test("a transfer that waits for the consumer is cancelled, over a network and from a file")
    func paused() throws {
        let server = try Nginx(bundle)
        for location in [server.url(), server.scratch.file("bundle")] {
            let time = try drop(location) { _ = try $0.readStatement() }
            #expect(time < .seconds(1))
        }
    }

    /// Does not notice a stall for a minute.
    private var patient: FetchOptions {
        var options = FetchOptions.testing
        options.stall.time = .seconds(60)
        return options
    }

    @Test("a transfer that waits for a stalled server is cancelled")
    func stalled() throws {
        let server = try FaultServer(bundle)
        let time = try drop(server.url("stall=6000"), patient) { _ = try $0.readStatement() }
        #expect(time < .seconds(1))
    }

    @Test("a wait before another attempt is cancelled")
    func resting() throws {
        let server = try FaultServer(bundle)
        var options = FetchOptions.testing
        options.retries.firstDelay = .seconds(120)
        options.retries.longestDelay = .seconds(120)
        let time = try drop(server.url("cut=60000"), options) { source in
            _ = try source.readStatement()
            while source.traffic.retries == 0 {}
        }
        #expect(time < .seconds(1))
    }

    @Test("a new job ends a transfer that waits for a stalled server")
    func replaced() throws {
        let server = try FaultServer(bundle)
        let location = Location.server(url: server.url("stall=6000&times=1"))
        let options = patient
        let channel = Channel(capacity: 64 * 1024)
        let outlet = Outlet(channel)
        let worker = WorkerThread {
            Fetcher.serve(channel, location, options, random: SeededRandom())
        }
        let thread = try #require(worker)
        defer {
            outlet.close()
            thread.join(within: .seconds(5))
        }
        var bytes = [UInt8](repeating: 0, count: 6000)
        var span = bytes.mutableSpan
        outlet.start(Job(parts: [Request(start: 0, end: nil)]))
        #expect(try outlet.read(into: &span, 0..<6000) == 6000)
        let clock = ContinuousClock()
        let start = clock.now
        outlet.start(Job(parts: [Request(start: 100, end: 200)]))
        #expect(try outlet.read(into: &span, 0..<100) == 100)
        #expect(clock.now - start < .seconds(2))
        #expect(bytes[..<100] == bundle.bytes[100..<200])
    }
}
