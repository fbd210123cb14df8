import CLinux

/// Something to wait for at a descriptor.
public struct Readiness: Sendable, Hashable {
    /// What is waited for.
    public enum Interest: Sendable, Hashable {
        /// Bytes, a connection, or the other end's going.
        case reading
        /// Room for bytes, or the other end's going.
        case writing
    }

    public let number: CInt
    public let interest: Interest
    /// After waiting: whether a call would not have to wait. An error or the other end's going
    /// counts too, because the call tells it.
    public private(set) var isReady = false

    /// `number` must belong to a descriptor that outlives the wait.
    public init(_ number: CInt, for interest: Interest) {
        self.number = number
        self.interest = interest
    }

    /// Waits until one of `list` is ready, or the monotonic clock shows `end`; `nil` is never.
    /// Marks those that are. Returns whether any is.
    ///
    /// C function: `poll(2)`.
    public static func wait(for list: inout [Readiness], until end: Duration?) -> Bool {
        var polled = list.map { item in
            let events = item.interest == .reading ? POLLIN : POLLOUT
            return pollfd(fd: item.number, events: Int16(events), revents: 0)
        }
        let count = nfds_t(polled.count)
        while true {
            let left = end.map { max($0 - MonotonicTime.now, .zero) }
            let milliseconds = left.map { min($0 / .milliseconds(1), 60_000).rounded(.up) } ?? -1
            // Sound: as many structures as the count says.
            let found = unsafe poll(&polled, count, CInt(milliseconds))
            if found > 0 { break }
            if let left, left == .zero { return false }
        }
        for (index, item) in polled.enumerated() { list[index].isReady = item.revents != 0 }
        return true
    }

    /// Waits for a single descriptor; false when time ran out.
    public static func wait(
        for number: CInt,
        _ interest: Interest,
        until end: Duration?
    ) -> Bool {
        var list = [Readiness(number, for: interest)]
        return wait(for: &list, until: end)
    }
}
