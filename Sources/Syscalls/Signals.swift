import CLinux

/// Signals that a program waits for instead of being interrupted by them.
public enum Signals {
    /// What ends a program.
    public enum Signal: Int32, Sendable, Hashable, CaseIterable {
        case interrupt = 2
        case terminate = 15
    }

    /// Keeps the signals that end a program back for `wait`, and that of a closed pipe for nobody:
    /// the write that meets it fails instead. Call it first of all: threads take over what their
    /// maker holds back.
    ///
    /// C function: `pthread_sigmask(3)`.
    public static func holdBack() {
        var set = set
        // Sound: adds a valid signal to a set that was filled; the old mask is not asked for.
        unsafe sigaddset(&set, SIGPIPE)
        let code = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        precondition(code == 0, "a set of valid signals can be blocked")
    }

    /// Returns when one of the signals that were held back has come.
    ///
    /// C function: `sigwait(3)`.
    public static func wait() -> Signal {
        var set = set
        while true {
            var number: CInt = 0
            // Sound: the set is read, the number is written.
            let code = unsafe sigwait(&set, &number)
            if code == 0, let signal = Signal(rawValue: number) { return signal }
        }
    }

    private static var set: sigset_t {
        var set = sigset_t()
        // Sound: fills the structure; the signals are valid.
        unsafe sigemptyset(&set)
        for signal in Signal.allCases {
            // Sound: as above.
            unsafe sigaddset(&set, signal.rawValue)
        }
        return set
    }
}
