import CLinux

/// Whether somebody keeps the calendar clock right.
public enum MachineClock {
    /// True while the kernel believes that a time server keeps it. C function: `adjtimex(2)`.
    public static var isSynchronised: Bool {
        var state = timex()
        state.modes = 0
        // Sound: without modes the kernel only fills the structure.
        let answer = unsafe adjtimex(&state)
        return answer != -1 && answer != TIME_ERROR && state.status & STA_UNSYNC == 0
    }

    /// Time since the kernel started, sleep included. C function: `clock_gettime(2)`.
    public static var uptime: Duration {
        var time = timespec()
        // Sound: the kernel fills the structure; this clock always exists.
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
