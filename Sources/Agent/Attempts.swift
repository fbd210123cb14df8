import Synchronization

/// The tries of a trial, readable from an operation's thread.
final class Attempts: Sendable {
    private let number = Mutex(3)

    var value: Int {
        get { number.withLock { $0 } }
        set { number.withLock { $0 = newValue } }
    }
}
