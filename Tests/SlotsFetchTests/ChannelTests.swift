import Slots
import Synchronization
import Testing

@testable import SlotsFetch

/// The bounded way from the worker's thread to the consumer's, without libcurl.
@Suite struct ChannelTests {
    /// Runs `work` as the worker of a channel for as long as `body` runs.
    private func withWorker(
        capacity: Int = 64 * 1024,
        _ work: @escaping @Sendable (Inlet, Job) -> JobEnd,
        _ body: (Outlet) throws -> Void
    ) throws {
        let channel = Channel(capacity: capacity)
        let outlet = Outlet(channel)
        let thread = WorkerThread {
            let inlet = Inlet(channel)
            while let job = inlet.nextJob() { inlet.settle(work(inlet, job)) }
        }
        defer {
            outlet.close()
            thread?.join(within: .seconds(5))
        }
        try body(outlet)
    }

    /// Sends `bytes` in pieces and waits where there is no room.
    private static func send(_ bytes: [UInt8], piece: Int, _ inlet: Inlet) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let part = Array(bytes[offset..<min(offset + piece, bytes.count)])
            // Sound: the bytes are copied during the call.
            switch unsafe part.withUnsafeBytes({ unsafe inlet.offer($0) }) {
            case .accepted: offset += part.count
            case .full: if !inlet.waitForRoom() { return false }
            case .dropped: return false
            }
        }
        return true
    }

    /// Sends three bytes and fails.
    private static func breakOff(_ inlet: Inlet, _ job: Job) -> JobEnd {
        _ = send([1, 2, 3], piece: 3, inlet)
        return .failed(.changed)
    }

    private func read(_ outlet: Outlet, _ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        let size = try outlet.read(into: &span, 0..<count)
        return Array(bytes[..<size])
    }

    @Test("bytes arrive in order, whatever the pieces they were sent and read in")
    func order() throws {
        let bytes = TestBundle.noise(1_000_003, seed: 3)
        for (sent, taken) in [(16_384, 1), (1000, 60_000), (64 * 1024, 1_000_003), (7, 4096)] {
            let bytes = taken == 1 ? Array(bytes[..<100_000]) : bytes
            try withWorker(
                { inlet, _ in
                    Self.send(bytes, piece: sent, inlet) ? .complete : .failed(.changed)
                },
                { (outlet: Outlet) throws in
                    outlet.start(Job(parts: []))
                    var received: [UInt8] = []
                    while received.count < bytes.count {
                        let piece = try read(outlet, min(taken, bytes.count - received.count))
                        try #require(!piece.isEmpty)
                        received += piece
                    }
                    #expect(received == bytes)
                    #expect(try read(outlet, 1).isEmpty)
                }
            )
        }
    }

    @Test("what came before a failure is delivered before the failure")
    func failureLast() throws {
        try withWorker(
            Self.breakOff,
            { (outlet: Outlet) throws in
                outlet.start(Job(parts: []))
                #expect(try read(outlet, 2) == [1, 2])
                #expect(throws: SourceError.changed) { try read(outlet, 2) }
            }
        )
    }

    @Test(
        "what is lent stays as it was sent for as long as it is held",
        arguments: [UInt64](1...6)
    )
    func lent(seed: UInt64) throws {
        let bytes = TestBundle.noise(2_000_000, seed: seed)
        var random = SeededRandom(state: seed)
        try withWorker(
            capacity: 256 * 1024,
            { inlet, _ in Self.send(bytes, piece: 9_000, inlet) ? .complete : .failed(.changed) },
            { (outlet: Outlet) throws in
                outlet.start(Job(parts: []))
                var held: [(piece: LentPiece, end: Int)] = []
                var (taken, lent) = (0, 0)
                while taken < bytes.count {
                    let count = min(Int.random(in: 1...20_000, using: &random), bytes.count - taken)
                    if Bool.random(using: &random), let piece = try outlet.lend(count) {
                        held.append((piece, taken + count))
                        lent += 1
                    } else {
                        let found = try read(outlet, count)
                        #expect(found[...] == bytes[taken..<(taken + count)])
                    }
                    taken += count
                    // What is held keeps the worker from going far: two, and not for long.
                    while let oldest = held.first,
                        held.count > 2 || taken - oldest.end > 20_000 || taken == bytes.count
                    {
                        let isLate = taken - oldest.end > 20_000
                        let place = isLate ? 0 : Int.random(in: held.indices, using: &random)
                        let (piece, end) = held.remove(at: place)
                        #expect(piece.lead <= 4096)
                        let found = piece.withBytes { span in span.indices.map { span[$0] } }
                        #expect(found[...] == bytes[(end - piece.count)..<end], "seed \(seed)")
                    }
                }
                #expect(lent > 10)
                #expect(try outlet.lend(1) == nil)
            }
        )
    }

    @Test("what cannot be lent is there to be read")
    func notLent() throws {
        try withWorker(
            Self.breakOff,
            { (outlet: Outlet) throws in
                outlet.start(Job(parts: []))
                // More than a quarter of the ring.
                #expect(try outlet.lend(17_000) == nil)
                #expect((try? outlet.lend(4)) == nil)
                #expect(try read(outlet, 3) == [1, 2, 3])
                #expect(throws: SourceError.changed) { try outlet.lend(1) }
            }
        )
    }

    @Test("a new job drops what the old one left, even from a worker that waits for room")
    func newJob() throws {
        try withWorker(
            { inlet, job in
                let first = job.parts.first?.start ?? 0
                let bytes = [UInt8](repeating: UInt8(first), count: 300_000)
                return Self.send(bytes, piece: 16_384, inlet) ? .complete : .failed(.changed)
            },
            { (outlet: Outlet) throws in
                for round in 0..<50 {
                    outlet.start(Job(parts: [Request(start: round, end: nil)]))
                    #expect(
                        try read(outlet, 70_000) == [UInt8](repeating: UInt8(round), count: 70_000)
                    )
                }
            }
        )
    }

    @Test("the worker never has more in hand than the ring holds")
    func bound() throws {
        let sent = Mutex(0)
        let isFull = Mutex(false)
        try withWorker(
            { inlet, _ in
                let part = [UInt8](repeating: 9, count: 16_384)
                // Sound: the bytes are copied during the call.
                while case .accepted = unsafe part.withUnsafeBytes({ unsafe inlet.offer($0) }) {
                    sent.withLock { $0 += part.count }
                }
                isFull.withLock { $0 = true }
                return inlet.waitForRoom() ? .complete : .failed(.changed)
            },
            { (outlet: Outlet) throws in
                outlet.start(Job(parts: []))
                #expect(try read(outlet, 1) == [9])
                while !isFull.withLock({ $0 }) { _ = try read(outlet, 1) }
                #expect(sent.withLock { $0 } <= 64 * 1024 + 16_384)
            }
        )
    }

    @Test("a wait before another attempt ends as soon as nobody wants it any more")
    func rest() throws {
        let clock = ContinuousClock()
        let start = clock.now
        try withWorker(
            { inlet, _ in
                inlet.rest(for: .seconds(60)) ? .complete : .failed(.changed)
            },
            { (outlet: Outlet) throws in
                outlet.start(Job(parts: []))
            }
        )
        #expect(clock.now - start < .seconds(5))
    }
}
