public import Slots
import Syscalls

/// The machine's own clock, which counts from boot and is never set.
public final class MonotonicClock: TimeSource {
    public init() {}

    public var now: Duration { MonotonicTime.now }
}
