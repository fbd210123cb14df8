import CLinux

/// Signals as something to read: those that a first process lives by.
public struct SignalQueue: ~Copyable, Sendable {
    /// Which ones are taken.
    public enum Signal: Int32, Sendable, Hashable, CaseIterable {
        /// The keyboard's three keys, once `takeOverKeys` was called.
        case interrupt = 2
        case terminate = 15
        /// A child has ended; several may have.
        case child = 17
    }

    private let descriptor: Descriptor

    /// Holds the signals back from all threads that are started from now on, and that of a closed
    /// pipe too: the write that meets it fails instead. Call it before there is a second thread.
    ///
    /// C functions: `pthread_sigmask(3)`, `signalfd(2)`.
    public init() throws(Errno) {
        var set = sigset_t()
        // Sound: the set is filled before it is used; the signals are valid.
        unsafe sigemptyset(&set)
        for signal in Signal.allCases { unsafe sigaddset(&set, signal.rawValue) }
        var held = set
        // Sound: as above; the old mask is not asked for.
        unsafe sigaddset(&held, SIGPIPE)
        try checkedCode { unsafe pthread_sigmask(SIG_BLOCK, &held, nil) }
        let flags = clinux_SFD_CLOEXEC | clinux_SFD_NONBLOCK
        // Sound: the kernel reads the set.
        descriptor = Descriptor(owning: try checked { unsafe signalfd(-1, &set, flags) })
    }

    /// For `Readiness`; good for as long as this value lives.
    public var number: CInt { descriptor.number }

    /// The signals that came since it was last asked; several of one kind are one.
    public func next() -> Set<Signal> {
        var found: Set<Signal> = []
        let size = clinux_signal_record_size()
        var record = [UInt8](repeating: 0, count: size)
        do {
            while true {
                var span = record.mutableSpan
                guard try descriptor.readNext(into: &span) == size else { return found }
                // `ssi_signo` is the record's first word; signals are below 128.
                if let signal = Signal(rawValue: Int32(record[0])) { found.insert(signal) }
            }
        } catch {
            return found
        }
    }

    /// Makes the keyboard's three keys send `.interrupt` to the first process instead of
    /// restarting the machine at once. C function: `reboot(2)`.
    public static func takeOverKeys() throws(Errno) {
        _ = try checked { clinux_ignore_keys() }
    }
}
