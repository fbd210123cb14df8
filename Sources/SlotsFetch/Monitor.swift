import Glibc

/// State shared by two threads, each of which can wait until the other has changed it.
///
/// A mutex and two POSIX condition variables: the standard library has no condition to wait on.
@safe
final class Monitor<State>: @unchecked Sendable {
    /// Who waits. One thread each.
    enum Party {
        case consumer
        case worker
    }

    /// Guarded by `mutex`.
    private var state: State
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let consumer: UnsafeMutablePointer<pthread_cond_t>
    private let worker: UnsafeMutablePointer<pthread_cond_t>

    init(_ state: State) {
        self.state = state
        // Sound: the three live at a fixed address until deinit, where nobody waits any more
        // because every waiting thread holds a reference to this object.
        unsafe mutex = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe consumer = Self.condition()
        unsafe worker = Self.condition()
    }

    deinit {
        // Sound: made in init, used by nobody else; see there.
        unsafe pthread_cond_destroy(consumer)
        unsafe pthread_cond_destroy(worker)
        unsafe pthread_mutex_destroy(mutex)
        unsafe consumer.deallocate()
        unsafe worker.deallocate()
        unsafe mutex.deallocate()
    }

    func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        // Sound: `mutex` is initialised as long as self lives.
        unsafe pthread_mutex_lock(mutex)
        // Sound: as above, and locked by this thread.
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    /// Wakes `party` if it waits.
    func signal(_ party: Party) {
        // Sound: the condition is initialised as long as self lives.
        unsafe pthread_cond_signal(condition(of: party))
    }

    /// Waits until `condition` answers something. C function: `pthread_cond_wait(3)`.
    func wait<Result>(_ party: Party, until condition: (inout State) -> Result?) -> Result {
        // Sound: as in withLock; the wait gives the mutex back and takes it again.
        unsafe pthread_mutex_lock(mutex)
        // Sound: as in withLock.
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = condition(&state) { return result }
            // Sound: as in withLock.
            unsafe pthread_cond_wait(self.condition(of: party), mutex)
        }
    }

    /// As `wait(_:until:)`, but answers `nil` once `limit` has passed.
    func wait<Result>(
        _ party: Party,
        atMost limit: Duration,
        until condition: (inout State) -> Result?
    ) -> Result? {
        var deadline = Self.moment(after: limit)
        // Sound: as in withLock.
        unsafe pthread_mutex_lock(mutex)
        // Sound: as in withLock.
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let result = condition(&state) { return result }
            // Sound: as in withLock; `deadline` is a local of this frame.
            let code = unsafe pthread_cond_timedwait(
                self.condition(of: party),
                mutex,
                &deadline
            )
            if code != 0 { return condition(&state) }
        }
    }

    private func condition(of party: Party) -> UnsafeMutablePointer<pthread_cond_t> {
        switch party {
        // Sound: only the address is passed on, to the callers above.
        case .consumer: unsafe consumer
        case .worker: unsafe worker
        }
    }

    /// A condition whose deadlines are not moved by setting the clock.
    private static func condition() -> UnsafeMutablePointer<pthread_cond_t> {
        // Sound: the attribute lives in this frame; the condition is freed by deinit.
        var attribute = pthread_condattr_t()
        unsafe pthread_condattr_init(&attribute)
        unsafe pthread_condattr_setclock(&attribute, CLOCK_MONOTONIC)
        let made = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        unsafe pthread_cond_init(made, &attribute)
        unsafe pthread_condattr_destroy(&attribute)
        return unsafe made
    }

    private static func moment(after limit: Duration) -> timespec {
        var now = timespec()
        // Sound: `now` is a local of this frame.
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        let (seconds, attoseconds) = limit.components
        let nanoseconds = now.tv_nsec + Int(attoseconds / 1_000_000_000)
        return timespec(
            tv_sec: now.tv_sec + Int(seconds) + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000
        )
    }
}
