import Slots
import Testing

@testable import SlotsFetch

/// A real server that misbehaves.
@Suite struct FaultTests {
    private let bundle = TestBundle(rootSize: 1 << 20)

    /// Reads the bundle from a server with these faults; answers what went wrong.
    private func error(
        _ faults: String,
        expectsReuse: Bool = false,
        wanted: [Range<Int>]? = nil,
        change: (inout FetchOptions) -> Void = { _ in }
    ) throws -> (error: SourceError?, server: FaultServer, traffic: Traffic) {
        let server = try FaultServer(bundle)
        var options = FetchOptions.testing
        change(&options)
        let source = try BundleSource.testing(
            server.url(faults),
            options,
            expectsReuse: expectsReuse
        )
        let error = try failure(source, bundle, wanted: wanted)
        return (error, server, source.traffic)
    }

    @Test("a connection cut several times continues where it broke")
    func cut() throws {
        let (error, server, traffic) = try error("cut=200000&times=4")
        #expect(error == nil)
        #expect(traffic.retries == 4)
        #expect(traffic.requests == 5)
        let requests = server.requests
        #expect(requests.map(\.range) == ["-"] + (1...4).map { "bytes=\($0 * 200_000)-" })
        #expect(requests.dropFirst().allSatisfy { $0.ifRange == "\"v1\"" })
        #expect(requests.allSatisfy { $0.userAgent == "keelos/1" })
    }

    @Test("a cut without an announced length is noticed too")
    func cutChunked() throws {
        let (error, _, traffic) = try error("cut=300000&times=2&chunked=1")
        #expect(error == nil)
        #expect(traffic.retries == 2)
    }

    @Test("without a strong entity tag the date is what the rest must still have")
    func date() throws {
        let date = "Sat,%2021%20Nov%202026%2000:00:00%20GMT"
        let (error, server, _) = try error("cut=300000&times=1&etag=W/%22v1%22&date=\(date)")
        #expect(error == nil)
        #expect(server.requests[1].ifRange == "Sat, 21 Nov 2026 00:00:00 GMT")
    }

    @Test("without any validator the rest is taken when total and range agree")
    func unnamed() throws {
        let (error, server, _) = try error("cut=300000&times=1&etag=none")
        #expect(error == nil)
        #expect(server.requests[1].ifRange == "-")
    }

    @Test("without ranges the delivered bytes are skipped when a validator proves the file")
    func skip() throws {
        let (error, server, traffic) = try error("cut=300000&times=1&plain=1")
        #expect(error == nil)
        #expect(traffic.retries == 1)
        #expect(server.requests.count == 2)
        #expect(traffic.bytes > bundle.bytes.count + 300_000)
    }

    @Test("without ranges and validator a broken transfer is lost")
    func lost() throws {
        let (error, _, _) = try error("cut=300000&times=1&plain=1&etag=none")
        guard case .unreachable(_, attempts: 2) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a file with a new entity tag is another file")
    func retagged() throws {
        let (error, _, _) = try error("cut=300000&times=1&after=1&retag=%22v2%22")
        #expect(error == .changed)
    }

    @Test("a file with the same tag but another length is another file")
    func resized() throws {
        let server = try FaultServer(bundle)
        try server.scratch.write("longer", bundle.bytes + [1])
        let source = try BundleSource.testing(
            server.url("cut=300000&times=1&after=1&swap=longer")
        )
        #expect(failure { try source.check(bundle) } == .changed)
    }

    @Test("a file that became shorter than what was delivered is another file")
    func shrunk() throws {
        let server = try FaultServer(bundle)
        try server.scratch.write("shorter", Array(bundle.bytes[..<1000]))
        let source = try BundleSource.testing(
            server.url("cut=300000&times=1&after=1&swap=shorter")
        )
        #expect(failure { try source.check(bundle) } == .changed)
    }

    @Test(
        "a part that is not what was asked for is refused",
        arguments: ["shift=1", "total=5000", "long=1", "lie=-1"]
    )
    func wrongPart(fault: String) throws {
        let (error, _, _) = try error(fault, expectsReuse: true, wanted: [0..<4096])
        // The opening part already says so, or its total contradicts the bundle's.
        switch error {
        case .changed, .malformed(.trailing): break
        default: Issue.record("\(String(describing: error))")
        }
    }

    @Test("a part that begins elsewhere is refused in the middle of a transfer")
    func shiftedRest() throws {
        let server = try FaultServer(bundle)
        let source = try BundleSource.testing(server.url("cut=300000&shift=1"))
        #expect(failure { try source.check(bundle) } == .changed)
    }

    @Test("a part that goes on after its announced end is refused")
    func endless() throws {
        let (opening, _, _) = try error("chunked=1&extra=5", expectsReuse: true)
        #expect(opening == .changed)
        let (rest, _, _) = try error("chunked=1&extra=5&cut=300000")
        #expect(rest == .changed)
    }

    @Test("parts shorter than asked for are put together")
    func shortParts() throws {
        let wanted = [0..<300_000, 500_000..<500_001]
        let (error, server, traffic) = try error(
            "short=100000",
            expectsReuse: true,
            wanted: wanted
        )
        #expect(error == nil)
        #expect(traffic.retries == 0)
        #expect(server.requests.count > 4)
    }

    @Test("all ranges come over one connection, even when the opening is still under way")
    func oneConnection() throws {
        let wanted = [200_000..<210_000, 300_000..<310_000]
        let (error, server, _) = try error(
            "trickle=0.01",
            expectsReuse: true,
            wanted: wanted
        )
        #expect(error == nil)
        #expect(server.requests.count == 4)
        #expect(Set(server.requests.map(\.port)).count == 1)
    }

    @Test("a server that announces more than it has is given up")
    func announcesMore() throws {
        let (error, _, traffic) = try error("lie=4096")
        // It says so at once: the announced size is not the bundle's.
        let size = bundle.bytes.count
        #expect(error == .malformed(.trailing(size: size + 4096, expected: size)))
        #expect(traffic.retries == 0)
    }

    @Test("a server that announces less than there is is refused before the root is read")
    func announcesLess() throws {
        let (error, _, _) = try error("lie=-512")
        let size = bundle.bytes.count
        #expect(error == .malformed(.trailing(size: size - 512, expected: size)))
    }

    @Test("a server that keeps breaking off without progress is given up")
    func noProgress() throws {
        let (error, server, traffic) = try error("cut=0")
        guard case .unreachable(_, attempts: 4) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(server.requests.count == 4)
        #expect(traffic.retries == 3)
    }

    @Test("a stalled transfer is broken off and continues")
    func stall() throws {
        let (error, _, traffic) = try error("stall=300000&times=1")
        #expect(error == nil)
        #expect(traffic.retries == 1)
    }

    @Test("a head that trickles in is a stall")
    func slowHead() throws {
        let (error, _, traffic) = try error("slowhead=0.5&times=1") {
            $0.stall = StallLimit(bytesPerSecond: 100, time: .seconds(1))
        }
        #expect(error == nil)
        #expect(traffic.retries == 1)
    }

    @Test("a busy server is asked again")
    func busy() throws {
        let (error, _, traffic) = try error("status=503&times=2")
        #expect(error == nil)
        #expect(traffic.retries == 2)
        #expect(traffic.requests == 3)
    }

    @Test("a server that stays busy is reported with its status")
    func alwaysBusy() throws {
        let (error, server, _) = try error("status=503")
        #expect(error == .answered(status: 503))
        #expect(server.requests.count == 4)
    }

    @Test("a server is left alone for as long as it asks, up to the bound")
    func retryAfter() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let (error, _, _) = try error("status=429&times=1&retryafter=3600")
        #expect(error == nil)
        #expect(clock.now - start >= .seconds(1))
        #expect(clock.now - start < .seconds(20))
    }

    @Test("a refusal is final", arguments: [400, 401, 403, 404, 410])
    func refusal(status: Int) throws {
        let (error, server, traffic) = try error("status=\(status)")
        #expect(error == .answered(status: status))
        #expect(server.requests.count == 1)
        #expect(traffic.retries == 0)
    }

    @Test("a server that forgets its ranges still yields them, when a validator proves the file")
    func forgotten() throws {
        let wanted = [0..<4096, 500_000..<500_010]
        let (error, server, _) = try error(
            "forget=1&after=1",
            expectsReuse: true,
            wanted: wanted
        )
        #expect(error == nil)
        #expect(server.requests.count == 3)
        let (lost, _, _) = try self.error(
            "forget=1&after=1&etag=none",
            expectsReuse: true,
            wanted: wanted
        )
        guard case .unreachable(_, attempts: 1) = lost else {
            Issue.record("\(String(describing: lost))")
            return
        }
    }

    @Test("nobody there is tried again, then reported with the number of attempts")
    func nobody() throws {
        let source = try BundleSource.testing("http://127.0.0.1:1/x")
        let error = failure { _ = try source.readStatement() }
        guard case .unreachable(_, attempts: 4) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(source.traffic == Traffic(bytes: 0, requests: 0, retries: 3))
    }
}
