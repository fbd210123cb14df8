import Synchronization
import Syscalls
import Testing

@Suite struct ThreadTests {
    /// Counts how many were made and not yet gone.
    private final class Counter: Sendable {
        let value = Mutex(0)
        func add(_ number: Int) { value.withLock { $0 += number } }
        var now: Int { value.withLock { $0 } }
    }

    private struct Token: ~Copyable, Sendable {
        let number: Int
        let counter: Counter
        init(_ number: Int, _ counter: Counter) {
            self.number = number
            self.counter = counter
            counter.add(1)
        }
        deinit { counter.add(-1) }
    }

    @Test("join returns after the body ended")
    func join() throws {
        let counter = Counter()
        let thread = try Thread("a name that is longer than fifteen bytes") {
            MonotonicTime.sleep(.milliseconds(30))
            counter.add(1)
        }
        thread.join()
        #expect(counter.now == 1)
    }

    @Test("work is shared among as many threads as asked for, and done when share returns")
    func share() {
        let counter = Counter()
        Thread.share("share", among: 3) { counter.add(1) }
        #expect(counter.now == 3)
    }

    @Test("a channel keeps the order, and its end is seen after its last element")
    func order() throws {
        let counter = Counter()
        let channel = Channel<Token>(capacity: 2)
        let sender = try Thread("sender") {
            for number in 0..<1000 { channel.send(Token(number, counter)) }
            channel.close()
        }
        var expected = 0
        while let token = channel.receive() {
            #expect(token.number == expected)
            expected += 1
        }
        sender.join()
        #expect(expected == 1000)
        if channel.receive() != nil { Issue.record("a closed channel gave something") }
        #expect(counter.now == 0)
    }

    @Test("a full channel makes the sender wait")
    func bounded() throws {
        let counter = Counter()
        let channel = Channel<Token>(capacity: 2)
        let sender = try Thread("sender") {
            for number in 0..<5 { channel.send(Token(number, counter)) }
        }
        // Two in the channel, one in the sender's hand; a busy machine starts the sender late.
        let start = MonotonicTime.now
        while counter.now < 3, MonotonicTime.now - start < .seconds(60) {
            MonotonicTime.sleep(.milliseconds(1))
        }
        MonotonicTime.sleep(.milliseconds(50))
        #expect(counter.now == 3)
        for expected in 0..<5 {
            guard let token = channel.receive() else { break }
            #expect(token.number == expected)
        }
        sender.join()
    }

    @Test("what nobody received goes away with the channel")
    func dropped() {
        let counter = Counter()
        do {
            let channel = Channel<Token>(capacity: 4)
            for number in 0..<3 { channel.send(Token(number, counter)) }
            _ = channel.receive()
            channel.send(Token(3, counter))
            channel.send(Token(4, counter))
            #expect(counter.now == 4)
        }
        #expect(counter.now == 0)
    }

    @Test("the monotonic clock goes on, and a sleep is at least as long as asked")
    func time() {
        let start = MonotonicTime.now
        MonotonicTime.sleep(.milliseconds(20))
        MonotonicTime.sleep(.zero)
        #expect(MonotonicTime.now - start >= .milliseconds(20))
        #expect(WallTime.now > .seconds(1_600_000_000))
        #expect(ProcessorTime.used > .zero)
    }

    @Test("random bytes are as many as asked for, and not always the same")
    func random() throws {
        #expect(try RandomSource.bytes(256).count == 256)
        #expect(try RandomSource.bytes(16) != RandomSource.bytes(16))
    }
}
