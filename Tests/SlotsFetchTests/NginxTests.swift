import Slots
import Testing

@testable import SlotsFetch

/// A server as operators run it.
@Suite struct NginxTests {
    private let bundle = TestBundle(rootSize: 3_000_000)

    @Test("a whole bundle is one plain request, and its traffic is what the server sent")
    func whole() throws {
        let server = try Nginx(bundle)
        let source = try BundleSource.testing(server.url())
        let (delivery, matches) = try source.check(bundle)
        #expect(delivery == .whole)
        #expect(matches)
        let served = server.served(1)
        #expect(served.map(\.status) == [200])
        #expect(source.traffic == Traffic(bytes: served[0].bytes, requests: 1, retries: 0))
    }

    @Test("only the wanted ranges are fetched, and the traffic is what the server sent")
    func ranges() throws {
        let server = try Nginx(bundle)
        let wanted = [0..<4096, 100_000..<250_000, 1_000_000..<1_000_001, 2_900_000..<3_000_000]
        let source = try BundleSource.testing(server.url(), expectsReuse: true)
        let (delivery, matches) = try source.check(bundle, wanted: wanted)
        #expect(delivery == .ranges)
        #expect(matches)
        // The opening, three ranges (the first one came with the opening), and the end.
        let served = server.served(5)
        #expect(served.map(\.status) == [206, 206, 206, 206, 206])
        let bytes = served.reduce(0) { $0 + $1.bytes }
        #expect(source.traffic == Traffic(bytes: bytes, requests: 5, retries: 0))
        #expect(bytes < 65_536 + 250_001 + 2048 + 5 * 500)
    }

    @Test("ranges that touch are one request, and no wanted range is none")
    func joined() throws {
        let server = try Nginx(bundle)
        let touching = (0..<100).map { 1_000_000 + $0 * 10..<1_000_010 + $0 * 10 }
        let source = try BundleSource.testing(server.url(), expectsReuse: true)
        #expect(try source.check(bundle, wanted: touching).matches)
        #expect(server.served(3).count == 3)
        let nothing = try BundleSource.testing(server.url(), expectsReuse: true)
        let (delivery, matches) = try nothing.check(bundle, wanted: [])
        #expect(delivery == .ranges)
        #expect(matches)
        #expect(server.served(5).count == 5)
    }

    @Test("more ranges can be asked for after the first were read")
    func again() throws {
        let server = try Nginx(bundle)
        let source = try BundleSource.testing(server.url(), expectsReuse: true)
        _ = try source.readStatement()
        _ = try source.readIndex(byteCount: bundle.index.count)
        for range in [10_000..<20_000, 5000..<2_500_000, 0..<bundle.root.count] {
            let delivery = try source.openRoot(rootSize: bundle.root.count, wanted: [range])
            #expect(delivery == .ranges)
            #expect(try source.take(range.count) == Array(bundle.root[range]))
        }
        try source.finish()
    }

    @Test("when the whole root is wanted after all, the opening is not fetched again")
    func wholeAfterOpening() throws {
        let server = try Nginx(bundle)
        let source = try BundleSource.testing(server.url(), expectsReuse: true)
        let (delivery, matches) = try source.check(bundle)
        #expect(delivery == .whole)
        #expect(matches)
        let served = server.served(2)
        #expect(served.map(\.status) == [206, 206])
        #expect(served.reduce(0) { $0 + $1.bytes } < bundle.bytes.count + 1000)
    }

    @Test("a bundle smaller than the opening takes one request")
    func small() throws {
        let bundle = TestBundle(rootSize: 8192)
        let server = try Nginx(bundle)
        let source = try BundleSource.testing(server.url(), expectsReuse: true)
        let (delivery, matches) = try source.check(bundle)
        #expect(delivery == .whole)
        #expect(matches)
        #expect(server.served(1).map(\.status) == [206])
        #expect(source.traffic.requests == 1)
    }

    @Test("an index longer than the opening takes one more request")
    func longIndex() throws {
        var bundle = bundle
        bundle.index = TestBundle.noise(36 * 10_000, seed: 5)
        let server = try Nginx(bundle)
        let source = try BundleSource.testing(server.url(), expectsReuse: true)
        _ = try source.readStatement()
        #expect(try source.readIndex(byteCount: bundle.index.count) == bundle.index)
        #expect(source.traffic.requests == 2)
        let wanted = [50_000..<60_000]
        #expect(try source.openRoot(rootSize: bundle.root.count, wanted: wanted) == .ranges)
        #expect(source.traffic.requests <= 3)
        #expect(try source.take(10_000) == Array(bundle.root[50_000..<60_000]))
        try source.finish()
    }

    @Test("a manifest and signatures longer than the opening are read all the same")
    func longStatement() throws {
        var bundle = bundle
        bundle.manifest = TestBundle.noise(SignedStatement.manifestLimit, seed: 6)
        bundle.signatures = TestBundle.noise(SignedStatement.signaturesLimit, seed: 7)
        let server = try Nginx(bundle)
        let source = try BundleSource.testing(server.url(), expectsReuse: true)
        let (delivery, matches) = try source.check(bundle, wanted: [0..<4096])
        #expect(delivery == .ranges)
        #expect(matches)
    }

    @Test("a server without ranges streams the whole, whatever is wanted")
    func noRanges() throws {
        let server = try Nginx(bundle)
        for expectsReuse in [true, false] {
            let source = try BundleSource.testing(
                server.url("plain/bundle"),
                expectsReuse: expectsReuse
            )
            let (delivery, matches) = try source.check(bundle, wanted: [0..<4096])
            #expect(delivery == .whole)
            #expect(matches)
            #expect(source.traffic.requests == 1)
        }
    }

    @Test("a page that is not there is reported with its status")
    func missing() throws {
        let server = try Nginx(bundle)
        for expectsReuse in [true, false] {
            let source = try BundleSource.testing(
                server.url("nothing"),
                expectsReuse: expectsReuse
            )
            #expect(throws: SourceError.answered(status: 404)) { try source.readStatement() }
        }
    }

    @Test("the token opens a page that wants it, and another does not")
    func token() throws {
        let server = try Nginx(bundle)
        var options = FetchOptions.testing
        options.token = BearerToken(Array("letmein\n".utf8))
        let source = try BundleSource.testing(server.url("secret/bundle"), options)
        #expect(try source.check(bundle).matches)
        options.token = BearerToken(Array("letmeout".utf8))
        let refused = try BundleSource.testing(server.url("secret/bundle"), options)
        #expect(throws: SourceError.answered(status: 401)) { try refused.readStatement() }
    }

    @Test("a slow server is waited for")
    func slow() throws {
        let server = try Nginx(bundle)
        let source = try BundleSource.testing(server.url("slow/bundle"))
        #expect(try source.check(bundle).matches)
    }

    @Test("no more is received in a second than allowed")
    func rate() throws {
        let server = try Nginx(bundle)
        var options = FetchOptions.testing
        options.bytesPerSecond = 1_000_000
        let clock = ContinuousClock()
        let start = clock.now
        let source = try BundleSource.testing(server.url(), options)
        #expect(try source.check(bundle).matches)
        #expect(clock.now - start > .milliseconds(2900))
        #expect(source.traffic.retries == 0)
    }

    @Test("a proxy is used when it is named")
    func proxy() throws {
        let server = try Nginx(bundle)
        var options = FetchOptions.testing
        // nginx serves what it is asked for as a proxy by the path alone.
        options.proxy = "http://127.0.0.1:\(server.http)"
        let source = try BundleSource.testing("http://nowhere.invalid/bundle", options)
        #expect(try source.check(bundle).matches)
        let without = try BundleSource.testing("http://nowhere.invalid/bundle")
        guard case .unreachable = failure({ _ = try without.readStatement() }) else {
            Issue.record("reached")
            return
        }
    }

    @Test("a proxy that refuses to connect is an answer")
    func refusingProxy() throws {
        let server = try Nginx(bundle)
        var options = FetchOptions.testing
        options.proxy = "http://127.0.0.1:\(server.http)"
        let source = try BundleSource.testing("https://nowhere.invalid/bundle", options)
        guard case .answered(let status) = failure({ _ = try source.readStatement() }) else {
            Issue.record("no answer")
            return
        }
        #expect((400..<500).contains(status))
    }
}
