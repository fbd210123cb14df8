import Syscalls

/// The server's loop: lets visitors in, and gives each what it waits for. Belongs to one thread.
struct Reception {
    /// How long nobody is let in after the system could not.
    private static let breather = Duration.milliseconds(100)
    /// How long a visitor is idle before it gives way: it may be about to ask.
    private static let courtesy = Duration.milliseconds(250)

    private let door: Door
    private var visitors: [Visitor] = []
    private var closedUntil = Duration.zero

    init(_ door: Door) { self.door = door }

    /// Waits for something to do, and does it; false when it was told to end.
    mutating func turn() -> Bool {
        var list = [
            Readiness(door.wake.number, for: .reading),
            // -1 is passed over.
            Readiness(isOpen ? door.listener.number : -1, for: .reading),
        ]
        list += visitors.map { Readiness($0.number, for: $0.interest) }
        guard Readiness.wait(for: &list, until: nextDeadline) else {
            removeThoseGone()
            return true
        }
        if list[0].isReady { return false }
        for (visitor, item) in zip(visitors, list.dropFirst(2)) where item.isReady {
            visitor.advance(door.host, door.limits)
        }
        removeThoseGone()
        if list[1].isReady { welcome() }
        return true
    }

    /// Whether another visitor can be let in now.
    private var isOpen: Bool { opening.map { $0 <= MonotonicTime.now } == true }

    /// When another visitor can be let in; `nil` when that depends on those who are here.
    private var opening: Duration? {
        guard visitors.count >= door.limits.connections else { return closedUntil }
        guard let since = visitors.compactMap(\.idleSince).min() else { return nil }
        return max(closedUntil, since + Self.courtesy)
    }

    private var nextDeadline: Duration? {
        var deadlines = visitors.map(\.deadline)
        if let opening, opening > MonotonicTime.now { deadlines.append(opening) }
        return deadlines.min()
    }

    private mutating func removeThoseGone() {
        let now = MonotonicTime.now
        visitors.removeAll { $0.isGone || $0.deadline <= now }
    }

    /// Lets one visitor in, if it runs as root.
    private mutating func welcome() {
        do {
            guard let stream = try door.listener.accept() else { return }
            guard try stream.peer().user == 0 else { return }
            if visitors.count >= door.limits.connections { dropIdlest() }
            visitors.append(Visitor(stream, door.limits))
        } catch {
            // Most likely there is no descriptor left: a moment later there may be.
            closedUntil = MonotonicTime.now + Self.breather
        }
    }

    private mutating func dropIdlest() {
        let idlest = visitors.indices.min { left, right in
            (visitors[left].idleSince ?? .end) < (visitors[right].idleSince ?? .end)
        }
        if let idlest, visitors[idlest].idleSince != nil { visitors.remove(at: idlest) }
    }
}

extension Duration {
    /// Later than any moment.
    fileprivate static let end = Duration.seconds(Int64.max)
}
