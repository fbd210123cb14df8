import CGRPC

/// A flag that many may read at the same time, and that changes when nobody reads it.
///
/// `Mutex` would let its readers in one by one. C functions: `pthread_rwlock_rdlock(3)` and
/// `pthread_rwlock_wrlock(3)`. Neither may be called again from inside of `body`.
@safe
final class SharedValue: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>
    private var value: Bool

    init(_ value: Bool) {
        self.value = value
        // Sound: made here, at an address that does not change, and destroyed in deinit.
        unsafe lock = .allocate(capacity: 1)
        unsafe lock.initialize(to: pthread_rwlock_t())
        unsafe pthread_rwlock_init(lock, nil)
    }

    deinit {
        // Sound: nobody holds it, because whoever does holds this object.
        unsafe pthread_rwlock_destroy(lock)
        unsafe lock.deallocate()
    }

    /// What `body` makes of the value, which stays as it is until `body` has returned.
    func read<Result>(_ body: (Bool) -> Result) -> Result {
        // Sound: the lock lives as long as this object, and is given back below. It fails only for
        // 2^30 readers, or for a thread that changes the value already.
        unsafe pthread_rwlock_rdlock(lock)
        defer { unsafe pthread_rwlock_unlock(lock) }
        return body(value)
    }

    /// Waits until nobody reads the value, then has `body` change it.
    func change(_ body: (inout Bool) -> Void) {
        // Sound: as above.
        unsafe pthread_rwlock_wrlock(lock)
        defer { unsafe pthread_rwlock_unlock(lock) }
        body(&value)
    }
}
