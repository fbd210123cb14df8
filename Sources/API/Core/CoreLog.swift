import CGRPC
import Synchronization

/// Where the C core's own log lines go: nowhere, until somebody asks for them.
///
/// The core has one log for the whole process, so this is one for the whole process too. It says
/// little that matters at level error, but it is the only place that says why a client's
/// certificate was refused. Anybody who connects can make it say a line: `perSecond` bounds that.
public enum CoreLog {
    /// Lines that are passed on each second; the rest is counted and told with the next one.
    public static let perSecond = 10

    /// Has every line of level error from now on passed to `sink`, on the core's threads.
    public static func deliver(to sink: @escaping @Sendable (_ line: String) -> Void) {
        attach()
        state.withLock { $0.sink = sink }
    }

    private struct State {
        var sink: (@Sendable (String) -> Void)?
        var second: Duration = .zero
        var told = 0
        var dropped = 0
    }

    private static let state = Mutex(State())
    private static let origin = ContinuousClock.now
    private static let attached: Void = {
        gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR)
        // Sound: a function without context, which the core may call from any thread.
        unsafe gpr_set_log_function(forward)
    }()

    static func attach() { _ = attached }

    /// Passes a line on, when this second still has room for one.
    static func tell(_ line: String) {
        let age = ContinuousClock.now - origin
        let second = Duration.seconds(age.components.seconds)
        let (sink, dropped) = state.withLock { state -> ((@Sendable (String) -> Void)?, Int) in
            if state.second != second {
                state.second = second
                state.told = 0
            }
            // The core's last words before it aborts the process are always told.
            guard state.told < perSecond || line.hasPrefix("assertion failed") else {
                state.dropped += 1
                return (nil, 0)
            }
            state.told += 1
            defer { state.dropped = 0 }
            return (state.sink, state.dropped)
        }
        sink?(dropped == 0 ? line : "\(line) (and \(dropped) lines before it)")
    }
}

private func forward(_ line: UnsafeMutablePointer<gpr_log_func_args>?) {
    // Sound: the core passes a line that lives for this call; it is copied.
    guard let text = unsafe line?.pointee.message else { return }
    let words = unsafe String(cString: text)
    Deafness.read(words)
    CoreLog.tell(words)
}
