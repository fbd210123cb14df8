import CLinux

/// Time since an arbitrary moment; never goes back. C function: `clock_gettime(2)`.
public enum MonotonicTime {
    public static var now: Duration { Duration(reading: CLOCK_MONOTONIC) }

    /// Sleeps for `duration`, whatever signals come. C function: `clock_nanosleep(2)`.
    public static func sleep(_ duration: Duration) {
        guard duration > .zero else { return }
        let (seconds, fraction) = (now + duration).components
        var end = timespec(tv_sec: Int(seconds), tv_nsec: Int(fraction / 1_000_000_000))
        // Sound: the time is read only; nil because an absolute end needs no rest.
        while unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nil) == EINTR {}
    }
}

/// Time as calendars count it, since 1970-01-01 UTC. Right only when somebody set the clock.
///
/// C function: `clock_gettime(2)`.
public enum WallTime {
    public static var now: Duration { Duration(reading: CLOCK_REALTIME) }
}

/// Seconds of processor time this process has used. C function: `clock_gettime(2)`.
public enum ProcessorTime {
    public static var used: Duration { Duration(reading: CLOCK_PROCESS_CPUTIME_ID) }
}

extension Duration {
    fileprivate init(reading clock: clockid_t) {
        var time = timespec()
        // Sound: the kernel fills the structure; these clocks always exist.
        unsafe clock_gettime(clock, &time)
        self = .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
