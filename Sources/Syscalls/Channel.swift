import Synchronization

/// A bounded queue from one thread to another: a full one makes the sender wait, an empty one the
/// receiver. What goes in is given away, so nothing is shared.
public final class Channel<Element: ~Copyable & Sendable>: Sendable {
    private struct State: ~Copyable {
        var ring: Ring<Element>
        var isClosed = false
    }

    private let state: Mutex<State>
    private let room: Semaphore
    private let filled = Semaphore(0)

    /// - Precondition: `capacity` is positive.
    public init(capacity: Int) {
        precondition(capacity > 0, "a queue holds something")
        state = Mutex(State(ring: Ring(capacity: capacity)))
        room = Semaphore(capacity)
    }

    /// Puts `element` at the end, waiting for room.
    ///
    /// - Precondition: the channel was not closed.
    public func send(_ element: consuming Element) {
        room.wait()
        var element = Optional(element)
        state.withLock { state in
            precondition(!state.isClosed, "nothing is sent after the end")
            if let element = element.take() { state.ring.append(element) }
        }
        filled.signal()
    }

    /// Takes the first element, waiting for one; `nil` when the channel is closed and empty.
    public func receive() -> Element? {
        filled.wait()
        let element = state.withLock { $0.ring.removeFirst() }
        guard let element else {
            // Closed: the next receiver must learn it too.
            filled.signal()
            return nil
        }
        room.signal()
        return element
    }

    /// Says that nothing more comes. What is in the channel can still be received.
    public func close() {
        state.withLock { $0.isClosed = true }
        filled.signal()
    }
}

/// A ring of elements in order of arrival.
@safe
private struct Ring<Element: ~Copyable>: ~Copyable {
    private let memory: UnsafeMutablePointer<Element>
    private let capacity: Int
    private var first = 0
    private var count = 0

    init(capacity: Int) {
        // Sound: freed once, in `deinit`.
        unsafe memory = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit {
        // Sound: exactly the `count` places from `first` on are initialised.
        for index in 0..<count {
            unsafe (memory + (first + index) % capacity).deinitialize(count: 1)
        }
        unsafe memory.deallocate()
    }

    mutating func append(_ element: consuming Element) {
        precondition(count < capacity, "the ring has room")
        // Sound: the place after the last element is in the ring and not initialised.
        unsafe (memory + (first + count) % capacity).initialize(to: element)
        count += 1
    }

    mutating func removeFirst() -> Element? {
        guard count > 0 else { return nil }
        // Sound: the first place is initialised; it is given up here.
        let element = unsafe (memory + first).move()
        first = (first + 1) % capacity
        count -= 1
        return element
    }
}
