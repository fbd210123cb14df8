import Slots
import Synchronization

@testable import Agent

/// A clock that goes with the machine's, set forward and back by a test.
final class SteppedClock: Sendable {
    private let offset = Mutex(0)

    var now: Timestamp { Timestamp(seconds: Timestamp.now.seconds + offset.withLock { $0 }) }

    /// Seconds from the machine's time.
    func step(to seconds: Int) { offset.withLock { $0 = seconds } }
}
